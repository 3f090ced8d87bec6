package phone

// article is one piece of a news message. An article of mpnews has its text
// with it, instead of an address.
type article struct {
	Title, Description string
	Picture            *picture
	Link               link
	First, Alone       bool

	Hosted         bool
	Author, Source string
	Text           string
}

// link is where a click leads: a web page, or a page of a mini program, which
// no browser can open. Both are empty for nowhere.
type link struct{ Href, Program string }

func linkTo(address, appID, pagePath string) link {
	if appID != "" {
		if pagePath != "" {
			appID += " · " + pagePath
		}
		return link{Program: appID}
	}
	return link{Href: webLink(address)}
}

func readNews(r reading, b *body) bool {
	var t struct {
		Articles []struct {
			Title                              *string
			Description, URL, PicURL, PagePath string
			AppID                              string
		}
	}
	if !r.into(&t) {
		return false
	}
	for i, a := range t.Articles {
		if a.Title == nil {
			return false
		}
		b.News = append(b.News, article{
			Title: *a.Title, Description: a.Description, First: i == 0, Alone: len(t.Articles) == 1,
			Picture: newsPicture(r.pictureAt(a.PicURL), i), Link: linkTo(a.URL, a.AppID, a.PagePath),
		})
	}
	return b.lead()
}

func readMPNews(r reading, b *body) bool {
	var t struct {
		Articles []struct {
			Title                   *string
			ThumbMediaID            string `json:"thumb_media_id"`
			Author, Content, Digest string
			ContentSourceURL        string `json:"content_source_url"`
		}
	}
	if !r.into(&t) {
		return false
	}
	for i, a := range t.Articles {
		if a.Title == nil {
			return false
		}
		b.News = append(b.News, article{
			Title: *a.Title, Description: a.Digest, First: i == 0, Alone: len(t.Articles) == 1,
			Picture: newsPicture(r.pictureOf(a.ThumbMediaID), i),
			Hosted:  true, Author: a.Author, Source: webLink(a.ContentSourceURL),
			Text: r.pageText(a.Content),
		})
	}
	return b.lead()
}

// lead takes the first title for the list; without an article it is no news.
func (b *body) lead() bool {
	if len(b.News) == 0 {
		return false
	}
	b.Brief = b.News[0].Title
	return true
}

// newsPicture gives the first article's picture the official 1068×455, and the
// others a square.
func newsPicture(p *picture, i int) *picture {
	if i == 0 {
		return p.shaped(1068, 455)
	}
	return p.shaped(150, 150)
}

// pageText is the text of a hosted page, cut like a very long body.
func (r reading) pageText(content string) string {
	const most = 32 << 10
	text := htmlText(content, "["+r.Lang.say("type_image")+"]")
	return r.Lang.cut(text, most)
}

// program is a mini program's notice.
type program struct {
	AppID, Page        string
	Title, Description string
	Emphasis           *pair
	Items              []pair
}

// pair is a name and its value.
type pair struct{ Key, Value string }

func readProgram(r reading, b *body) bool {
	var t struct {
		AppID, Page, Description string
		Title                    *string
		EmphasisFirstItem        bool   `json:"emphasis_first_item"`
		ContentItem              []pair `json:"content_item"`
	}
	if !r.into(&t) || t.Title == nil {
		return false
	}
	p := &program{AppID: t.AppID, Page: t.Page, Title: *t.Title, Description: t.Description}
	for _, item := range t.ContentItem {
		if item != (pair{}) { // WeCom skips empty ones
			p.Items = append(p.Items, item)
		}
	}
	if t.EmphasisFirstItem && len(p.Items) > 0 {
		p.Emphasis, p.Items = &p.Items[0], p.Items[1:]
	}
	b.Program, b.Brief = p, p.Title
	return true
}
