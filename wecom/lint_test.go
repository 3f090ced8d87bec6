package wecom

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// told returns the warnings as "field rule", and checks that each is whole in both languages.
func told(t *testing.T, warnings []Warning) []string {
	t.Helper()
	var list []string
	for _, w := range warnings {
		if w.Text(English) == "" || !strings.ContainsFunc(w.Text(Chinese), func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%#v lacks a language", w)
		}
		if w.String() != w.Field+": "+w.Text(English) {
			t.Errorf("String is %q", w)
		}
		list = append(list, w.Field+" "+string(w.Rule))
	}
	return list
}

func TestLint(t *testing.T) {
	link := LinkTo("https://e")
	notice := func(change func(*TextNotice)) Body {
		n := TextNotice{MainTitle: MainTitle{Title: "t"}, CardAction: link}
		change(&n)
		return n
	}
	const inWeChat = "template_card wechat-plugin"
	ids := Text{Content: "$userName=zhangsan$ 请审批"}
	for _, c := range []struct {
		name    string
		message Message
		want    []string
	}{
		{"nothing to say", Message{Body: Text{Content: `See <a href="https://e">it</a>`}}, nil},
		{"no body", Message{}, nil},
		{"nil body", Message{Body: (*Text)(nil)}, nil},
		{"link in a text", Message{Body: Text{Content: `See <a href="http://e">it</a>`}}, []string{"text.content not-https"}},
		{"title of 43 Chinese characters", Message{Body: TextCard{Title: strings.Repeat("题", 43), Description: strings.Repeat("述", 171), URL: "http://e"}}, []string{
			"textcard.description byte-length", "textcard.title byte-length", "textcard.url not-https"}},
		{"title of 42", Message{Body: &TextCard{Title: strings.Repeat("题", 42), Description: "d", URL: "https://e"}}, nil},
		{"article", Message{Body: News{Articles: []Article{{Title: "t", URL: "https://e"}, {Title: "t", URL: "https://e", PicURL: "http://e", AppID: "wx1", PagePath: "p"}}}}, []string{
			"news.articles[1].url no-effect", "news.articles[1].picurl not-https"}},
		{"markdown", Message{Body: Markdown{Content: "**x**"}}, []string{"markdown wechat-plugin"}},
		{"rich markdown", Message{Body: &Markdown{Content: "[x](http://e)\n- y <@lina>"}}, []string{
			"markdown wechat-plugin", "markdown.content not-https", "markdown.content markdown", "markdown.content markdown"}},
		{"task card", Message{Body: TaskCard{Title: "t"}}, []string{"taskcard wechat-plugin"}},

		{"marker", Message{Body: ids}, []string{"text.content id-translation"}},
		{"marker translated", Message{Body: ids, TranslateIDs: true}, nil},
		{"marker where none is", Message{Body: Markdown{Content: "$departmentName=1$"}, TranslateIDs: true}, []string{
			"markdown wechat-plugin", "markdown.content id-translation"}},
		{"marker in a line", Message{Body: notice(func(n *TextNotice) {
			n.HorizontalContents = []HorizontalContent{TextLine("申请人", "$userAliasOrName=lina$")}
		}), TranslateIDs: true}, []string{inWeChat}},
		{"money", Message{Body: Text{Content: "$5 = 36 CNY, $x=$"}}, nil},

		{"card", Message{Body: notice(func(*TextNotice) {})}, []string{inWeChat}},
		{"card by pointer", Message{Body: &TextNotice{SubTitleText: strings.Repeat("字", 161), CardAction: link}}, []string{inWeChat, "template_card.sub_title_text display-length"}},
		{"texts as long as shown", Message{Body: notice(func(n *TextNotice) {
			n.MainTitle = MainTitle{Title: strings.Repeat("题", 36), Desc: strings.Repeat("述", 44)}
			n.HorizontalContents = []HorizontalContent{TextLine("五个字名称", strings.Repeat("值", 30))}
		})}, []string{inWeChat}},
		{"texts longer than shown", Message{Body: notice(func(n *TextNotice) {
			n.MainTitle = MainTitle{Title: strings.Repeat("题", 37), Desc: strings.Repeat("述", 45)}
			n.HorizontalContents = []HorizontalContent{TextLine("k", "v"), TextLine("六个字的名称", strings.Repeat("值", 31))}
		})}, []string{inWeChat,
			"template_card.horizontal_content_list[1].keyname display-length", "template_card.horizontal_content_list[1].value display-length",
			"template_card.main_title.desc display-length", "template_card.main_title.title display-length"}},
		{"a vote has room", Message{Body: VoteInteraction{MainTitle: MainTitle{Desc: strings.Repeat("述", 160)}, SubmitButton: SubmitButton{Key: "k"}}}, []string{inWeChat}},
		{"a vote has room, with an end", Message{Body: VoteInteraction{MainTitle: MainTitle{Desc: strings.Repeat("述", 161)}}}, []string{
			inWeChat, "template_card.submit_button no-effect", "template_card.main_title.desc display-length"}},
		{"newer parts", Message{Body: notice(func(n *TextNotice) {
			n.Source = Source{Desc: "s", DescColor: DescRed}
			n.QuoteArea.QuoteText = "q"
			n.ActionMenu.Desc = "m"
			n.HorizontalContents = []HorizontalContent{FileLine("k", "v", "m"), MemberLine("k", "v", "u")}
		})}, []string{inWeChat,
			"template_card.action_menu client-version",
			"template_card.horizontal_content_list[0] client-version", "template_card.horizontal_content_list[1] client-version",
			"template_card.quote_area client-version", "template_card.source.desc_color client-version"}},
		{"links without type", Message{Body: notice(func(n *TextNotice) {
			n.Jumps = []Jump{{Title: "j", Link: Link{URL: "https://e"}}}
			n.HorizontalContents = []HorizontalContent{{KeyName: "k", UserID: "lina"}}
		})}, []string{inWeChat, "template_card.horizontal_content_list[0].type no-effect", "template_card.jump_list[0].type no-effect"}},
		{"buttons", Message{Body: ButtonInteraction{
			Buttons:         []Button{{Text: "a", Key: "a", URL: "https://e", Style: 9}},
			ButtonSelection: Select{SelectedID: "x", Options: []Option{{ID: "y"}}},
		}}, []string{inWeChat,
			"template_card.button_list[0].url no-effect", "template_card.button_list[0].style no-effect",
			"template_card.button_selection client-version", "template_card.button_selection.selected_id no-effect"}},
		{"two of one", Message{Body: VoteInteraction{
			Checkbox:     Checkbox{Options: []CheckboxOption{{IsChecked: true}, {}, {IsChecked: true}}},
			SubmitButton: SubmitButton{Key: "k"},
		}}, []string{inWeChat, "template_card.checkbox.option_list no-effect"}},
		{"wide picture", Message{Body: NewsNotice{CardImage: CardImage{URL: "ftp://e", AspectRatio: 2.25}, Source: Source{DescColor: 4}}}, []string{inWeChat,
			"template_card.card_image.aspect_ratio no-effect", "template_card.card_image.url not-https",
			"template_card.source.desc_color client-version", "template_card.source.desc_color no-effect"}},
		{"no JSON at all", Message{Body: NewsNotice{CardImage: CardImage{AspectRatio: math.Inf(1)}}}, []string{inWeChat}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := told(t, Lint(c.message)); !slices.Equal(got, c.want) {
				t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestLintRobotCard(t *testing.T) {
	card := TextNotice{MainTitle: MainTitle{Title: strings.Repeat("题", 27), Desc: strings.Repeat("述", 30)}, CardAction: LinkTo("https://e")}
	if got := told(t, LintRobotCard(card)); !slices.Equal(got, []string{"template_card.main_title.title display-length"}) {
		t.Errorf("told %q", got)
	}
	if got := told(t, Lint(Message{Body: card})); len(got) != 1 {
		t.Errorf("the card of an app: told %q", got)
	}
}

// A table with a field that no message has would check nothing.
func TestLintTablesNameFields(t *testing.T) {
	fields := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		fields[path] = true
		switch v := v.(type) {
		case map[string]any:
			for name, e := range v {
				walk(path+"."+name, e)
			}
		case []any:
			for _, e := range v {
				walk(path+"[]", e)
			}
		}
	}
	for _, b := range []Body{
		filled[Text](), filled[TextCard](), filled[News](), filled[MPNews](), filled[MiniProgramNotice](),
		filled[TaskCard](), filled[InteractiveTaskCard](), filled[TextNotice](), filled[NewsNotice](),
		filled[ButtonInteraction](), filled[VoteInteraction](), filled[MultipleInteraction](),
	} {
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(data, &tree); err != nil {
			t.Fatal(err)
		}
		walk(b.MsgType(), tree)
	}
	for _, table := range [][]string{
		slices.Collect(maps.Keys(appDisplayLimits)), slices.Collect(maps.Keys(robotDisplayLimits)),
		slices.Collect(maps.Keys(olderByteLimits)), slices.Collect(maps.Keys(sinceClient)), translated,
	} {
		for _, field := range table {
			if !fields[field] {
				t.Errorf("no message has %s", field)
			}
		}
	}
}

// filled returns a body with something in every field.
func filled[B Body]() Body {
	var b B
	fill(reflect.ValueOf(&b).Elem())
	return b
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Bool:
		v.SetBool(true)
	}
}

// Everything that a type can hold goes over the wire and comes back.
func TestFilledBodiesRoundTrip(t *testing.T) {
	for _, b := range []Body{
		filled[Text](), filled[TextCard](), filled[News](), filled[MPNews](), filled[Markdown](), filled[MiniProgramNotice](),
		filled[TaskCard](), filled[InteractiveTaskCard](), filled[TextNotice](), filled[NewsNotice](),
		filled[ButtonInteraction](), filled[VoteInteraction](), filled[MultipleInteraction](),
	} {
		data, err := Message{To: To{All: true}, Body: b}.encode()
		if err != nil {
			t.Fatal(err)
		}
		var back Message
		if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back.Body, b) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", b.MsgType(), err, back.Body, b)
		}
	}
}

func TestLintMarkdown(t *testing.T) {
	const v1, app, v2 = "app group", "app", "v2"
	for _, c := range []struct {
		content string
		unknown string // the dialects in which it is told
		text    string
	}{
		{"plain\n\ntext 1.5 * 2 * 3 = snake_case_name", "", ""},
		{"# one\n###### six\n**bold**, [link](https://e/a_b_c*d*), `*code* <b>`\n> quote", "", ""},
		{"#812 failed", "", ""},
		{"#标题", "app group v2", "line 1: a heading needs a blank after #"},
		{"x\n![logo](https://e/l.png)", v1, "line 2: an image is not shown"},
		{"a | b\n:-- | --:\n1 | 2", v1, "line 2: a table is shown as typed"},
		{"| a |\n|---|---|\n", v1, "a table is shown as typed"},
		{"- item", v1, "a list is shown as typed"},
		{"x\r\n  2. item", v1, "line 2: a list is shown as typed"},
		{"-1 °C", "", ""},
		{"*重要*", v1, "italics"},
		{"***both***", v1, "italics"},
		{"_so_ it is", v1, "italics"},
		{`\*not so\*`, "", ""},
		{"~~gone~~", v1, "strike-through"},
		{"---", v1, "a rule"},
		{"* * *", v1, "a rule"},
		{"> a\n>> b", v1, "line 2: a quote within a quote"},
		{"```go\n# *x*\n- y\n```\nz", v1, "line 1: fenced code"},
		{"~~~\n![x](y)", v1, "fenced code"},
		{"<font color=\"red\">x</font>", "app group v2", ""},
		{"<font color=\"info\">x</font> <FONT color='warning'>y</FONT>", v2, "markdown_v2 has no colours"},
		{"<b>x</b>", v1, "HTML other than"},
		{"<br/>", v1, "HTML other than"},
		{"<https://e> 1 < 2 > 0", "", ""},
		{"ask <@lina>", app + " " + v2, "<@userid> mentions nobody here"},
	} {
		for _, dialect := range []Dialect{DialectApp, DialectGroup, DialectV2} {
			var texts []string
			warnings := LintMarkdown(c.content, dialect)
			told(t, warnings)
			for _, w := range warnings {
				if w.Rule == RuleMarkdown {
					texts = append(texts, w.Text(English))
				}
			}
			want := slices.Contains(strings.Fields(c.unknown), string(dialect))
			if all := strings.Join(texts, "\n"); want != (len(texts) == 1) || !want && len(texts) > 0 || want && !strings.Contains(all, c.text) {
				t.Errorf("%q in %s: told %q", c.content, dialect, texts)
			}
		}
	}
}

func TestLintMarkdownTellsEachKindOnce(t *testing.T) {
	warnings := LintMarkdown(strings.Repeat("- item with *italics*\n", 100), DialectApp)
	if len(warnings) != 2 {
		t.Errorf("told %v", warnings)
	}
	v2 := LintMarkdown("x", DialectV2)
	if len(v2) != 1 || v2[0].Rule != RuleClient || v2[0].Field != "markdown_v2.content" {
		t.Errorf("told %v", v2)
	}
}

// Advice must not carry what the message says.
func TestLintKeepsContentToItself(t *testing.T) {
	const private = "confidential"
	m := Message{Body: Markdown{Content: "#" + private + "\n<font color=\"" + private + "\">x</font>\n<" + private + ">\n$userName=" + private + "$"}}
	for _, w := range Lint(m) {
		if strings.Contains(w.Text(English)+w.Text(Chinese)+w.Field, private) {
			t.Errorf("content in %v", w)
		}
	}
}

func FuzzLintMarkdown(f *testing.F) {
	f.Add("# a\n```\n| a |\n|--|\n<font color=red>*x*</font>\n>> ![x](y) ~~z~~ <@u>")
	f.Add("\xff`\\`**_\r\n")
	f.Fuzz(func(t *testing.T, content string) {
		for _, dialect := range []Dialect{DialectApp, DialectGroup, DialectV2} {
			warnings := LintMarkdown(content, dialect)
			if len(told(t, warnings)) > len(mdLineKinds)+3 {
				t.Errorf("a kind is told twice: %v", warnings)
			}
		}
	})
}
