module github.com/hongyan-im/hongyan/wecom/redisstore

go 1.25.0

require (
	github.com/hongyan-im/hongyan/wecom v0.0.0
	github.com/redis/rueidis v1.0.79
)

require golang.org/x/sys v0.47.0 // indirect

// The SDK lives in this repository; until the first tag it is always the one beside this folder.
replace github.com/hongyan-im/hongyan/wecom => ../
