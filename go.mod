module github.com/hongyan-im/hongyan

go 1.26

require (
	github.com/hongyan-im/hongyan/wecom v0.0.0
	github.com/spf13/cobra v1.10.2
	github.com/spf13/pflag v1.0.9
	go.yaml.in/yaml/v3 v3.0.6
)

require github.com/inconshreveable/mousetrap v1.1.0 // indirect

// The SDK lives in this repository; until the first tag it is always the one beside this file.
replace github.com/hongyan-im/hongyan/wecom => ./wecom
