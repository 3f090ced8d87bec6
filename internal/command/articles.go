package command

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

// readArticles reads the values of --news: title,url[,picture-url][,description].
func readArticles(cmd *cobra.Command, values []string) (wecom.Body, error) {
	var news wecom.News
	for _, value := range values {
		parts := splitEscaped(value)
		if len(parts) < 2 || len(parts) > 4 {
			return nil, usage(cmd, "--news: it is title,url[,picture-url][,description], given %d parts", len(parts)).hint(
				`a comma within a part is written \, and --news-json takes articles as JSON`,
				`各部分内的逗号写作 \, 也可用 --news-json 以 JSON 给出`)
		}
		a := wecom.Article{Title: parts[0], URL: parts[1]}
		switch rest := parts[2:]; {
		case len(rest) == 2:
			a.PicURL, a.Description = rest[0], rest[1]
		case len(rest) == 1 && isURL(rest[0]):
			a.PicURL = rest[0]
		case len(rest) == 1:
			a.Description = rest[0]
		}
		news.Articles = append(news.Articles, a)
	}
	return news, nil
}

func isURL(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// splitEscaped splits at commas. A backslash takes the special meaning off a comma or backslash after
// it, and stands for itself before anything else.
func splitEscaped(text string) []string {
	parts := []string{""}
	for i := 0; i < len(text); i++ {
		last := &parts[len(parts)-1]
		switch {
		case text[i] == ',':
			parts = append(parts, "")
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == ',' || text[i+1] == '\\'):
			i++
			*last += text[i : i+1]
		default:
			*last += text[i : i+1]
		}
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// readNews reads articles as WeCom documents them: the list, the object that holds it, or a whole
// message.
func (c *cli) readNews(ctx context.Context, path string) (wecom.Body, error) {
	name, data, err := c.readJSON(ctx, path, maxInput)
	if err != nil {
		return nil, err
	}
	inner := member(data, "news")
	if bytes.HasPrefix(bytes.TrimSpace(inner), []byte("[")) {
		var articles []wecom.Article
		err = json.Unmarshal(inner, &articles)
		return wecom.News{Articles: articles}, explainIf(name, data, err)
	}
	var news wecom.News
	err = json.Unmarshal(inner, &news)
	return news, explainIf(name, data, err)
}

// readCard reads a template card as WeCom documents it: what stands in template_card, or a message
// with it.
func (c *cli) readCard(ctx context.Context, path string) (wecom.Card, error) {
	name, data, err := c.readJSON(ctx, path, maxInput)
	if err != nil {
		return nil, err
	}
	card, err := wecom.UnmarshalCard(member(data, "template_card"))
	if err == nil {
		c.warnUnknown(name, unknownIn("template_card", member(data, "template_card"), reflect.TypeOf(card)))
	}
	return card, explainIf(name, data, err)
}

// member is the value of the member if data is an object that has it, and data otherwise.
func member(data []byte, name string) []byte {
	var in map[string]json.RawMessage
	if json.Unmarshal(data, &in) == nil && in[name] != nil {
		return in[name]
	}
	return data
}

func explainIf(name string, data []byte, err error) error {
	if err == nil {
		return nil
	}
	return explainJSON(name, data, err)
}
