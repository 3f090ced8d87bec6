package simulator

// textCardBody is a text card (文本卡片消息, path/90236). BtnTxt is empty when the sender gave none;
// clients then show 详情.
type textCardBody struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	BtnTxt      string `json:"btntxt,omitempty"`
}

// The limits of a card are in characters by the present page; documents before 2024 said bytes.
// What lies beyond is cut, except in the url.
const (
	maxCardTitle       = 128
	maxCardDescription = 512
	maxCardButton      = 4
)

func readTextCard(_ *reading, body *object) (any, *status) {
	card := textCardBody{
		Title:       cutChars(body.text("title"), maxCardTitle),
		Description: cutChars(body.text("description"), maxCardDescription),
		URL:         body.text("url"),
		BtnTxt:      cutChars(body.text("btntxt"), maxCardButton),
	}
	switch {
	case card.Title == "":
		return nil, refuse(codeTitleMissing)
	case card.Description == "":
		return nil, refuse(codeDescriptionMissing)
	}
	if wrong := checkLink("textcard.url", card.URL); wrong != nil {
		return nil, wrong
	}
	return card, nil
}
