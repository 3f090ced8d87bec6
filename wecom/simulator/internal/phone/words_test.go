package phone

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"
)

var verb = regexp.MustCompile(`%[a-z]`)

func TestWordsAreComplete(t *testing.T) {
	t.Parallel()
	for key, w := range words {
		if w.en == "" || w.zh == "" {
			t.Errorf("%s: a language is missing", key)
		}
		if en, zh := verb.FindAllString(w.en, -1), verb.FindAllString(w.zh, -1); !reflect.DeepEqual(en, zh) {
			t.Errorf("%s: verbs %v and %v", key, en, zh)
		}
	}
}

// TestWordsAreUsed finds keys that are misspelt, and texts nobody shows.
func TestWordsAreUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, pattern := range []string{"templates/*.html", "*.go"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if match, _ := filepath.Match("*_test.go", name); match {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?:\.T "|say\("|: ")([a-z_]+)"`).FindAllSubmatch(source, -1) {
				used[string(m[1])] = true
			}
			for _, m := range regexp.MustCompile(`\.T "([a-z_]+)"|say\("([a-z_]+)"`).FindAllSubmatch(source, -1) {
				if key := string(m[1]) + string(m[2]); words[key].en == "" {
					t.Errorf("%s: no text named %q", name, key)
				}
			}
		}
	}
	for key := range words {
		if !used[key] {
			t.Errorf("%s: nobody shows it", key)
		}
	}
	if _, err := english.T("nothing of the kind"); err == nil {
		t.Error("an unknown key is no error")
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, header string
		want          lang
	}{
		{"", "", english},
		{"", "zh-CN,zh;q=0.9,en;q=0.8", chinese},
		{"", "en-GB,en;q=0.9,zh;q=0.8", english},
		{"", "fr, zh-Hant-TW;q=0.3, en;q=0.2", chinese},
		{"", "ZH", chinese},
		{"", "zh;q=0", english},
		{"", "zh;q=often", english},
		{"", "de, *;q=0.1", english},
		{"?lang=zh", "en", chinese},
		{"?lang=en", "zh", english},
		{"?lang=xx", "zh", chinese},
	} {
		r := httptest.NewRequest("GET", "/"+c.query, nil)
		r.Header.Set("Accept-Language", c.header)
		if got := langOf(r); got != c.want {
			t.Errorf("%q with %q: %s", c.query, c.header, got)
		}
	}
}

func TestPageInBothLanguages(t *testing.T) {
	t.Parallel()
	f := world()
	en, zh := get(t, f, "/?lang=en"), get(t, f, "/", "Accept-Language: zh-CN")
	contains(t, en, `<html lang="en">`, "WeCom simulator", "Find a member", "No messages yet", "Hello from my laptop")
	contains(t, zh, `<html lang="zh-CN">`, "企业微信模拟器", "查找成员", "还没有消息", "你好，企业微信")
	t.Run("the switch keeps the member", func(t *testing.T) {
		contains(t, get(t, f, "/?user=lisi&corp="+testCorp), `href="?corp=`+testCorp+`&amp;lang=zh&amp;user=lisi#newest" lang="zh-CN" hreflang="zh-CN">中文`)
	})
	t.Run("links keep a language that was asked for, and only then name one", func(t *testing.T) {
		contains(t, get(t, f, "/?lang=zh"), `href="?corp=`+testCorp+`&amp;lang=zh&amp;user=lisi#newest"`, `class="icon back" href="?lang=zh"`)
		contains(t, zh, `href="?corp=`+testCorp+`&amp;user=lisi#newest"`, `class="icon back" href="./"`)
	})
}

func TestBriefTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at     time.Time
		en, zh string
	}{
		{noon, "12:00", "12:00"},
		{noon.AddDate(0, 0, -1), "4 Mar", "3月4日"},
		{noon.AddDate(-1, 0, 0), "2025-03-05", "2025-03-05"},
	} {
		if en, zh := english.brief(c.at, noon), chinese.brief(c.at, noon); en != c.en || zh != c.zh {
			t.Errorf("%v: %s, %s", c.at, en, zh)
		}
	}
}
