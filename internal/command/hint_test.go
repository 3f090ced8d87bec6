package command

import (
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

func TestUserLang(t *testing.T) {
	for _, test := range []struct {
		all, messages, lang string
		want                wecom.Lang
	}{
		{"", "", "", wecom.English},
		{"", "", "zh_CN.UTF-8", wecom.Chinese},
		{"", "zh_TW", "en_US.UTF-8", wecom.Chinese},
		{"C", "zh_CN", "zh_CN", wecom.English},
		{"zh", "en", "en", wecom.Chinese},
		{"", "", "de_DE.UTF-8", wecom.English},
	} {
		env := map[string]string{"LC_ALL": test.all, "LC_MESSAGES": test.messages, "LANG": test.lang}
		if got := userLang(func(name string) string { return env[name] }); got != test.want {
			t.Errorf("%v: %s, want %s", env, got, test.want)
		}
	}
}
