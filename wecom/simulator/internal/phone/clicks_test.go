package phone

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestChoicesAreShown: what the member pressed and chose counts more than what
// the card proposes.
func TestChoicesAreShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		clicked string
		chosen  map[string][]string
		parts   []string
	}{
		{"vote_interaction", "vote", map[string][]string{"lunch": {"rice", "none"}},
			[]string{`value="noodles" disabled`, `value="rice" checked`, `value="none" checked`, "Vote", "(your choice)"}},
		{"vote_interaction", "vote", map[string][]string{"lunch": {}}, []string{`value="noodles" disabled`, `value="rice" disabled`}},
		{"button_interaction", "later", map[string][]string{"window": {"now"}},
			[]string{`value="now" selected`, `value="night">`, `value="approve" class="s1" data-live disabled>Approve<`, "Later", "(your choice)", "Decline<"}},
		{"multiple_interaction", "", map[string][]string{"side": {"c"}}, []string{`value="f3" selected`, `value="w">`, `value="c" selected`}},
		{"text_notice", "stop", nil, []string{"Mute for a day<", "Stop<svg", "(your choice)"}},
		{"taskcard", "no", nil, []string{`<button type="button" class="s0" disabled>Rejected</button>`}},
		{"interactive_taskcard", "ok", nil, []string{`value="ok" class="s2" data-live disabled><svg`, "同意", "(your choice)"}},
	} {
		m := kind(t, c.name)
		m.Clicked, m.Chosen = c.clicked, c.chosen
		contains(t, draw(t, world(), m, ""), c.parts...)
	}
}

// TestDeadButtons: replace_text takes the place of all buttons and locks what
// they would send; disable locks one question.
func TestDeadButtons(t *testing.T) {
	t.Parallel()
	with := func(name, more string) Message {
		m := kind(t, name)
		m.Body = json.RawMessage(strings.TrimSuffix(string(m.Body), "}") + "," + more + "}")
		return m
	}
	for _, name := range []string{"button_interaction", "vote_interaction", "multiple_interaction", "taskcard", "interactive_taskcard"} {
		page := draw(t, world(), with(name, `"replace_text":"Done & <over>"`), "")
		contains(t, page, `class="s0" disabled>Done &amp; &lt;over&gt;</button>`)
		lacks(t, page, "data-live")
	}
	contains(t, draw(t, world(), with("text_notice", `"replace_text":"Done"`), ""), `value="stop" data-live`)
	contains(t, draw(t, world(), with("interactive_taskcard", `"replace_name":"已同意"`), ""), `class="s0" disabled>已同意`)
	contains(t, draw(t, world(), with("taskcard", `"clicked_key":"ok"`), ""), `class="s0" disabled>Approved`)

	m := kind(t, "multiple_interaction")
	m.Body = json.RawMessage(strings.Replace(string(m.Body), `"question_key":"side"`, `"question_key":"side","disable":true`, 1))
	contains(t, draw(t, world(), m, ""), `name="sa" disabled data-live>`, `name="sb" disabled>`, `value="book" class="s1" data-live`)
}

// TestControlsWaitForTheScript: without it nothing can be pressed, and a click
// that was not caught could go nowhere.
func TestControlsWaitForTheScript(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		page := draw(t, withMedia(), kind(t, k.name), "")
		for _, tag := range anyControl.FindAllString(page, -1) {
			if !strings.Contains(tag, " disabled") && !strings.Contains(tag, `type="button"`) {
				t.Errorf("%s: %s is alive", k.name, tag)
			}
		}
		lacks(t, page, "<form action", "formaction")
	}
	if !strings.Contains(policy, "form-action 'none'") || !strings.Contains(policy, "connect-src 'self'") {
		t.Errorf("policy %q", policy)
	}
}

// TestPartsOfOtherCards: the phone does not look for parts that the card's type
// does not have.
func TestPartsOfOtherCards(t *testing.T) {
	t.Parallel()
	var whole map[string]json.RawMessage
	for _, name := range []string{"multiple_interaction", "vote_interaction", "button_interaction", "text_notice"} {
		json.Unmarshal(kind(t, name).Body, &whole) // the parts of all come together
	}
	body, _ := json.Marshal(whole)
	b := readBody(seen(english), Message{MsgType: "template_card", Body: body})
	if c := b.Template; c == nil || c.Buttons != nil || c.Vote != nil || c.Selects != nil || c.Menu == nil {
		t.Errorf("a notice with parts of others: %+v", c)
	}
	whole["card_type"] = json.RawMessage(`"button_interaction"`)
	body, _ = json.Marshal(whole)
	b = readBody(seen(english), Message{MsgType: "template_card", Body: body})
	if c := b.Template; c == nil || len(c.Buttons) != 4 || c.Vote != nil || len(c.Selects) != 1 {
		t.Errorf("a button card with parts of others: %+v", c)
	}
	whole["card_type"] = json.RawMessage(`"text"`)
	body, _ = json.Marshal(whole)
	if b = readBody(seen(english), Message{MsgType: "template_card", Body: body}); b.Raw == "" {
		t.Error("a card of no type is drawn")
	}
}

func TestRatio(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]int{0: 1300, 1: 1300, 1.3: 1300, 1.5: 1500, 2.24: 2240, 2.25: 1300, -1: 1300, 1e300: 1300} {
		if width, height := ratioOf(ratio); width != want || height != 1000 {
			t.Errorf("%v: %d by %d", ratio, width, height)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, called, ending, family string }{
		{"a.PDF", "a.PDF", "PDF", "pdf"},
		{"../../etc/passwd", "passwd", "", "other"},
		{`C:\x\报告.docx`, "报告.docx", "DOCX", "word"},
		{"", "File", "", "other"},
		{"a.verylong", "a.verylong", "", "other"},
		{"a.表", "a.表", "", "other"},
	} {
		m := media{Media: Media{Name: c.name}, lang: english}
		if m.Called() != c.called || m.Ending() != c.ending || m.Family() != c.family {
			t.Errorf("%q: %q %q %q", c.name, m.Called(), m.Ending(), m.Family())
		}
	}
	for size, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KB", 1 << 20: "1.0 MB", 20 << 20: "20.0 MB"} {
		if got := (media{Media: Media{Size: size}}).Weight(); got != want {
			t.Errorf("%d: %q", size, got)
		}
	}
}
