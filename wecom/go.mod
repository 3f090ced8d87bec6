module github.com/hongyan-im/hongyan/wecom

go 1.24
