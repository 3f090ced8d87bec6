package wecom

// Limits of news and mpnews.
const (
	MaxArticles            = 8          // articles in one message
	MaxArticleContentBytes = 666 * 1024 // of one article of MPNews
)

// News is one to eight articles whose pages are elsewhere (msgtype news, path/90236).
type News struct {
	Articles []Article `json:"articles"` // required, 1 to 8; the first has the large picture
}

// Article is a title, a picture and where a tap leads: URL, or AppID and PagePath, which group chats
// and robots do not know (path/90248, path/99110).
type Article struct {
	Title       string `json:"title"`                 // required, at most 128 bytes; WeCom cuts the rest
	Description string `json:"description,omitempty"` // at most 512 bytes; WeCom cuts the rest
	URL         string `json:"url,omitempty"`         // at most 2048 bytes, http:// or https://
	PicURL      string `json:"picurl,omitempty"`      // JPG or PNG, at most 2048 bytes; best 1068×455, or 150×150 for small ones
	AppID       string `json:"appid,omitempty"`       // a mini program bound to the app; URL is then ignored
	PagePath    string `json:"pagepath,omitempty"`    // its page, at most 128 bytes
}

// MsgType returns "news".
func (News) MsgType() string { return "news" }

func (n News) check(c *checker) {
	c.count("news.articles", len(n.Articles), 1, MaxArticles)
	for i, a := range n.Articles {
		a.check(c, at("news.articles", i))
	}
}

func (News) safe() int { return 0 }

func (a Article) check(c *checker, path string) {
	c.text(path+".title", a.Title, true, 128, Bytes, WouldCut)
	c.text(path+".description", a.Description, false, 512, Bytes, WouldCut)
	c.text(path+".picurl", a.PicURL, false, 2048, Bytes, TooLong)
	if c.place != toMembers {
		if a.AppID != "" || a.PagePath != "" {
			c.add(FieldError{Field: path + ".appid", Problem: Conflict, Detail: "group chats and robots open no mini programs: give url"})
		}
		c.url(path+".url", a.URL, true)
		return
	}
	if a.AppID == "" && a.PagePath == "" {
		if a.URL == "" {
			c.add(FieldError{Field: path + ".url", Problem: Missing, Detail: "give url, or appid and pagepath of a mini program"})
		}
		c.url(path+".url", a.URL, false)
		return
	}
	c.utf8(path+".url", a.URL)
	c.required(path+".appid", a.AppID)
	c.text(path+".pagepath", a.PagePath, true, 128, Bytes, TooLong)
}

// MPNews is one to eight articles that WeCom keeps and shows itself (msgtype mpnews, path/90236).
// It is the only type that knows 2 for [Message.Safe]. An article that is sent again is another
// page, with its own readers.
type MPNews struct {
	Articles []MPArticle `json:"articles"` // required, 1 to 8
}

// MPArticle is an article in HTML.
type MPArticle struct {
	Title            string `json:"title"`                        // required, at most 128 bytes; WeCom cuts the rest
	ThumbMediaID     string `json:"thumb_media_id"`               // required: the media_id of an uploaded image
	Author           string `json:"author,omitempty"`             // at most 64 bytes
	ContentSourceURL string `json:"content_source_url,omitempty"` // where 阅读原文 (read the original) leads
	Content          string `json:"content"`                      // required, HTML, at most 666 KiB; images only from uploadimg
	Digest           string `json:"digest,omitempty"`             // at most 512 bytes; WeCom cuts the rest
}

// MsgType returns "mpnews".
func (MPNews) MsgType() string { return "mpnews" }

func (n MPNews) check(c *checker) {
	c.count("mpnews.articles", len(n.Articles), 1, MaxArticles)
	for i, a := range n.Articles {
		a.check(c, at("mpnews.articles", i))
	}
}

func (MPNews) safe() int { return 2 }

func (a MPArticle) check(c *checker, path string) {
	c.text(path+".title", a.Title, true, 128, Bytes, WouldCut)
	c.required(path+".thumb_media_id", a.ThumbMediaID)
	c.text(path+".author", a.Author, false, 64, Bytes, TooLong)
	c.utf8(path+".content_source_url", a.ContentSourceURL)
	c.text(path+".content", a.Content, true, MaxArticleContentBytes, Bytes, TooLong)
	c.text(path+".digest", a.Digest, false, 512, Bytes, WouldCut)
}
