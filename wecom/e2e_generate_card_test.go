package wecom_test

import (
	"github.com/hongyan-im/hongyan/wecom"
)

// advised is a text with a length that is advice only, and nothing at an edge.
func (g *generator) advised(limit int) string { return g.chars(limit) }

func (g *generator) link() wecom.Link {
	if g.edgy() {
		return oneOf(g, wecom.Link{}, wecom.Link{Type: wecom.LinkURL}, wecom.Link{Type: wecom.LinkMiniProgram}, wecom.Link{Type: 3, URL: "https://e.example"})
	}
	return oneOf(g, wecom.LinkTo(g.url()), wecom.LinkToMiniProgram("wx0000invented0001", maybe(g, "pages/a")))
}

func (g *generator) source() wecom.Source {
	return maybe(g, wecom.Source{IconURL: maybe(g, g.url()), Desc: g.advised(20), DescColor: wecom.DescColor(g.IntN(4))})
}

func (g *generator) menu() wecom.ActionMenu {
	return maybe(g, wecom.ActionMenu{Desc: maybe(g, g.advised(20)), Actions: list(g.within(1, 3), func(i int) wecom.Action {
		return wecom.Action{Text: g.chars(10), Key: g.key(1024, i)}
	})})
}

func (g *generator) mainTitle() wecom.MainTitle {
	return wecom.MainTitle{Title: g.advised(36), Desc: maybe(g, g.advised(44))}
}

func (g *generator) quote() wecom.QuoteArea {
	return maybe(g, wecom.QuoteArea{Link: maybe(g, g.link()), Title: g.advised(20), QuoteText: g.advised(40)})
}

func (g *generator) lines() []wecom.HorizontalContent {
	return list(g.within(0, 6), func(int) wecom.HorizontalContent {
		name, value := g.advised(5), g.advised(30)
		return oneOf(g, wecom.TextLine(name, value), wecom.LinkLine(name, value, g.url()),
			wecom.FileLine(name, value, maybe(g, g.media["file"])), wecom.MemberLine(name, value, maybe(g, "lisi")))
	})
}

func (g *generator) jumps() []wecom.Jump {
	return list(g.within(0, 3), func(int) wecom.Jump { return wecom.Jump{Link: g.link(), Title: g.advised(18)} })
}

func (g *generator) options(most int) []wecom.Option {
	return list(g.within(1, most), func(i int) wecom.Option { return wecom.Option{ID: g.key(128, i), Text: g.advised(16)} })
}

func (g *generator) choice(i int) wecom.Select {
	return wecom.Select{QuestionKey: g.key(1024, i), Title: maybe(g, g.advised(10)), Options: g.options(10), SelectedID: maybe(g, "key-0")}
}

func (g *generator) submit() wecom.SubmitButton {
	return wecom.SubmitButton{Text: "send", Key: g.key(1024, 0)}
}

func (g *generator) textNotice() wecom.TextNotice {
	return wecom.TextNotice{
		Source: g.source(), ActionMenu: g.menu(), MainTitle: maybe(g, g.mainTitle()), QuoteArea: g.quote(),
		EmphasisContent: maybe(g, wecom.EmphasisContent{Title: g.advised(14), Desc: g.advised(22)}), SubTitleText: maybe(g, g.advised(160)),
		HorizontalContents: g.lines(), Jumps: g.jumps(), CardAction: g.link(), TaskID: g.taskID(),
	}
}

func (g *generator) newsNotice() wecom.NewsNotice {
	return wecom.NewsNotice{
		Source: g.source(), ActionMenu: g.menu(), MainTitle: g.mainTitle(), QuoteArea: g.quote(),
		ImageTextArea: maybe(g, wecom.ImageTextArea{Link: maybe(g, g.link()), Title: g.advised(20), Desc: g.advised(20), ImageURL: g.url()}),
		CardImage:     maybe(g, wecom.CardImage{URL: g.url(), AspectRatio: maybe(g, 1.31+0.93*g.Float64())}),
		VerticalContents: list(g.within(0, 4), func(int) wecom.VerticalContent {
			return wecom.VerticalContent{Title: g.advised(38), Desc: g.advised(160)}
		}),
		HorizontalContents: g.lines(), Jumps: g.jumps(), CardAction: g.link(), TaskID: g.taskID(),
	}
}

func (g *generator) buttons() wecom.ButtonInteraction {
	return wecom.ButtonInteraction{
		Source: g.source(), ActionMenu: g.menu(), MainTitle: g.mainTitle(), QuoteArea: g.quote(), SubTitleText: maybe(g, g.advised(160)),
		HorizontalContents: g.lines(), CardAction: maybe(g, g.link()), ButtonSelection: maybe(g, g.choice(0)),
		Buttons: list(g.within(1, 6), func(i int) wecom.Button {
			if g.IntN(4) == 0 {
				return wecom.Button{Type: wecom.ButtonURL, Text: g.advised(10), URL: g.url(), Style: wecom.StyleMain}
			}
			return wecom.Button{Text: g.advised(10), Key: g.key(1024, i), Style: wecom.ButtonStyle(1 + g.IntN(4))}
		}),
		TaskID: g.taskID(),
	}
}

func (g *generator) vote() wecom.VoteInteraction {
	card := wecom.VoteInteraction{
		Source: g.source(), MainTitle: g.mainTitle(), SubmitButton: g.submit(), TaskID: g.taskID(),
		Checkbox: wecom.Checkbox{QuestionKey: g.key(1024, 0), Mode: wecom.CheckboxMode(g.IntN(2))},
	}
	for i, o := range g.options(20) {
		card.Checkbox.Options = append(card.Checkbox.Options, wecom.CheckboxOption{ID: o.ID, Text: o.Text, IsChecked: i == 0})
	}
	if !g.strict && !g.often() {
		card.SubmitButton = wecom.SubmitButton{} // SDKs disagree whether a vote needs one
	}
	return card
}

func (g *generator) multiple() wecom.MultipleInteraction {
	return wecom.MultipleInteraction{
		Source: g.source(), MainTitle: g.mainTitle(), Selects: list(g.within(1, 3), g.choice), SubmitButton: g.submit(), TaskID: g.taskID(),
	}
}
