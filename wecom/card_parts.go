package wecom

// Source is the line at the top of a card that says where it comes from.
type Source struct {
	IconURL   string    `json:"icon_url,omitempty"`   // best 72×72
	Desc      string    `json:"desc,omitempty"`       // better at most 20 characters
	DescColor DescColor `json:"desc_color,omitempty"` // shown by WeCom 3.1.18 and newer
}

// DescColor is the colour of a [Source].
type DescColor int

// The colours of a Source.
const (
	DescGrey  DescColor = 0
	DescBlack DescColor = 1
	DescRed   DescColor = 2
	DescGreen DescColor = 3
)

// ActionMenu is the menu in the upper right corner of a card, shown by WeCom 3.1.18 and newer. A
// choice comes back as template_card_menu_event, so the card needs a TaskID.
type ActionMenu struct {
	Desc    string   `json:"desc,omitempty"` // stands above the entries
	Actions []Action `json:"action_list"`    // required, 1 to 3
}

// IsZero reports whether there is no menu. An empty list of entries is none: encoding/json asks, and
// leaves the menu out.
func (m ActionMenu) IsZero() bool { return m.Desc == "" && len(m.Actions) == 0 }

// Action is an entry of an [ActionMenu].
type Action struct {
	Text string `json:"text"` // required
	Key  string `json:"key"`  // required, at most 1024 bytes, unique in the menu; the EventKey of the event
}

// MainTitle is the title of a card.
type MainTitle struct {
	Title string `json:"title,omitempty"` // better at most 36 characters
	Desc  string `json:"desc,omitempty"`  // better at most 44 characters; on vote and multiple cards 160
}

// QuoteArea is a quotation with a bar at its left, shown by WeCom 3.1.18 and newer.
type QuoteArea struct {
	Link             // a tap on the quotation
	Title     string `json:"title,omitempty"`
	QuoteText string `json:"quote_text,omitempty"`
}

// EmphasisContent is a figure in large print, and what it is.
type EmphasisContent struct {
	Title string `json:"title,omitempty"` // better at most 14 characters
	Desc  string `json:"desc,omitempty"`  // better at most 22 characters
}

// ImageTextArea is a small picture with text at its right, shown by WeCom 3.1.18 and newer.
type ImageTextArea struct {
	Link            // a tap on the area
	Title    string `json:"title,omitempty"`
	Desc     string `json:"desc,omitempty"`
	ImageURL string `json:"image_url"` // required
}

// CardImage is the large picture of a card.
type CardImage struct {
	URL         string  `json:"url"`                    // required
	AspectRatio float64 `json:"aspect_ratio,omitempty"` // width by height, more than 1.3 and less than 2.25; 0 means 1.3
}

// VerticalContent is a title with a text below it; a card has at most 4.
type VerticalContent struct {
	Title string `json:"title"`          // required, better at most 38 characters
	Desc  string `json:"desc,omitempty"` // better at most 160 characters
}

// HorizontalContent is a line with a name and a value; a card has at most 6. [TextLine], [LinkLine],
// [FileLine] and [MemberLine] make the four kinds.
type HorizontalContent struct {
	Type    LineType `json:"type,omitempty"`
	KeyName string   `json:"keyname"`            // required, better at most 5 characters
	Value   string   `json:"value,omitempty"`    // better at most 30 characters; of a file its name with extension
	URL     string   `json:"url,omitempty"`      // required for LineLink
	MediaID string   `json:"media_id,omitempty"` // required for LineFile: the media_id of an uploaded file
	UserID  string   `json:"userid,omitempty"`   // required for LineMember
}

// LineType is what a tap on the value of a [HorizontalContent] does.
type LineType int

// The types of a HorizontalContent.
const (
	LineText   LineType = 0 // nothing
	LineLink   LineType = 1 // opens URL
	LineFile   LineType = 2 // downloads MediaID; WeCom 3.1.12 and newer
	LineMember LineType = 3 // shows the member UserID; WeCom 3.1.18 and newer
)

// TextLine is a line that does nothing.
func TextLine(keyName, value string) HorizontalContent {
	return HorizontalContent{KeyName: keyName, Value: value}
}

// LinkLine is a line whose value opens a link.
func LinkLine(keyName, value, url string) HorizontalContent {
	return HorizontalContent{Type: LineLink, KeyName: keyName, Value: value, URL: url}
}

// FileLine is a line whose value is a file; name has its extension.
func FileLine(keyName, name, mediaID string) HorizontalContent {
	return HorizontalContent{Type: LineFile, KeyName: keyName, Value: name, MediaID: mediaID}
}

// MemberLine is a line whose value shows a member.
func MemberLine(keyName, value, userID string) HorizontalContent {
	return HorizontalContent{Type: LineMember, KeyName: keyName, Value: value, UserID: userID}
}

// Jump is a link at the bottom of a notice; a card has at most 3.
type Jump struct {
	Link         // a tap on it
	Title string `json:"title"` // required, better at most 18 characters
}

// Link is what a tap opens. [LinkTo] and [LinkToMiniProgram] make one; the zero Link opens nothing.
type Link struct {
	Type     LinkType `json:"type,omitempty"`
	URL      string   `json:"url,omitempty"`      // required for LinkURL, http:// or https://
	AppID    string   `json:"appid,omitempty"`    // required for LinkMiniProgram: one that is bound to the app
	PagePath string   `json:"pagepath,omitempty"` // page of the mini program; "" is its first
}

// LinkType is the kind of a [Link].
type LinkType int

// The types of a Link.
const (
	NoLink          LinkType = 0
	LinkURL         LinkType = 1
	LinkMiniProgram LinkType = 2
)

// LinkTo opens a web page.
func LinkTo(url string) Link { return Link{Type: LinkURL, URL: url} }

// LinkToMiniProgram opens a page of a mini program that is bound to the app.
func LinkToMiniProgram(appID, pagePath string) Link {
	return Link{Type: LinkMiniProgram, AppID: appID, PagePath: pagePath}
}
