package httpapi

import (
	"strconv"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// langOf chooses the language of hints by an Accept-Language header: Chinese, or else English.
func langOf(accept string) wecom.Lang {
	if accept == "" {
		return wecom.English
	}
	best, chosen := 0.0, wecom.English
	for part := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(part, ";")
		lang := wecom.Lang(strings.ToLower(strings.TrimSpace(tag)))
		switch {
		case lang == "zh" || strings.HasPrefix(string(lang), "zh-"):
			lang = wecom.Chinese
		case lang == "en" || strings.HasPrefix(string(lang), "en-"):
			lang = wecom.English
		default:
			continue
		}
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight, _ = strconv.ParseFloat(q, 64)
		}
		if weight > best {
			best, chosen = weight, lang
		}
	}
	return chosen
}

// words is a text in both languages.
type words struct{ en, zh string }

func (w words) in(lang wecom.Lang) string {
	if lang == wecom.Chinese {
		return w.zh
	}
	return w.en
}
