package simulator

// newsBody is a list of links with pictures (图文消息, path/90236).
type newsBody struct {
	Articles []article `json:"articles"`
}

type article struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	PicURL      string `json:"picurl,omitempty"`
	AppID       string `json:"appid,omitempty"`    // with PagePath, in place of URL
	PagePath    string `json:"pagepath,omitempty"` // of a mini program
}

const (
	maxArticles           = 8
	maxArticleTitle       = 128 // bytes, cut
	maxArticleDescription = 512 // bytes, cut
	maxPagePath           = 128 // bytes
)

// readNews refuses any safe: WeCom's way to send such an article is mpnews.
func readNews(r *reading, body *object) (any, *status) {
	if r.safe != 0 {
		return nil, refuse(codeSafeNews)
	}
	return readArticles(body, func(o *object) (article, *status) { return readArticle(r, o) })
}

func readArticles(body *object, read func(*object) (article, *status)) (any, *status) {
	list := body.objects("articles")
	if len(list) == 0 || len(list) > maxArticles {
		return nil, refuse(codeArticleCount)
	}
	news := newsBody{make([]article, len(list))}
	for i, o := range list {
		a, wrong := read(o)
		if wrong != nil {
			return nil, wrong
		}
		news.Articles[i] = a
	}
	return news, nil
}

// readArticle takes a link or a page of a mini program, which wins. How long its path may be is known,
// and what happens beyond is not: strict worlds refuse.
func readArticle(r *reading, o *object) (article, *status) {
	a, wrong := readArticleTexts(r, o)
	if wrong != nil {
		return a, wrong
	}
	if a.AppID, a.PagePath = o.text("appid"), o.text("pagepath"); a.AppID == "" || a.PagePath == "" {
		a.AppID, a.PagePath = "", ""
		return a, checkLink("news.articles.url", a.URL)
	}
	a.URL = ""
	if len(a.PagePath) > maxPagePath && r.strict {
		return a, invalidField("news.articles.pagepath exceed max length %d", maxPagePath)
	}
	return a, nil
}

// readLinkedArticle is the form of group chats and robots: no mini program, and url must be there.
func readLinkedArticle(r *reading, o *object) (article, *status) {
	a, wrong := readArticleTexts(r, o)
	if wrong != nil {
		return a, wrong
	}
	return a, checkLink("news.articles.url", a.URL)
}

func readArticleTexts(r *reading, o *object) (article, *status) {
	a := article{
		Title:       cutBytes(o.text("title"), maxArticleTitle),
		Description: cutBytes(o.text("description"), maxArticleDescription),
		URL:         o.text("url"),
		PicURL:      o.text("picurl"),
	}
	switch {
	case a.Title == "":
		return a, refuse(codeTitleMissing)
	case len(a.PicURL) > maxURL && r.strict:
		return a, invalidField("news.articles.picurl exceed max length %d", maxURL)
	}
	return a, nil
}
