package command

import (
	"runtime/debug"
	"testing"
)

func TestDescribeBuild(t *testing.T) {
	released := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}
	if got := describeBuild(released); got != "hongyan v1.2.3" {
		t.Error(got)
	}
	between := &debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20260102030405-0123456789ab+dirty"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"},
	}}
	if got := describeBuild(between); got != "hongyan v0.0.0-20260102030405-0123456789ab+dirty" {
		t.Error(got)
	}
	built := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"},
	}}
	if got := describeBuild(built); got != "hongyan development 0123456789ab+changes" {
		t.Error(got)
	}
}
