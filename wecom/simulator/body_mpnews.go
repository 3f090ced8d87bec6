package simulator

// mpnewsBody is a list of articles that WeCom keeps (图文消息, mpnews, path/90236).
type mpnewsBody struct {
	Articles []mpArticle `json:"articles"`
}

type mpArticle struct {
	Title            string `json:"title"` // 128 bytes, cut
	ThumbMediaID     string `json:"thumb_media_id"`
	Author           string `json:"author,omitempty"`
	ContentSourceURL string `json:"content_source_url,omitempty"`
	Content          string `json:"content"`
	Digest           string `json:"digest,omitempty"` // 512 bytes, cut
}

const (
	maxAuthor         = 64         // bytes
	maxArticleContent = 666 * 1024 // bytes
)

func readMPNews(r *reading, body *object) (any, *status) {
	list := body.objects("articles")
	if len(list) == 0 || len(list) > maxArticles {
		return nil, refuse(codeArticleCount)
	}
	news := mpnewsBody{make([]mpArticle, len(list))}
	for i, o := range list {
		a := mpArticle{
			Title:            cutBytes(o.text("title"), maxArticleTitle),
			ThumbMediaID:     o.text("thumb_media_id"),
			Author:           o.text("author"),
			ContentSourceURL: o.text("content_source_url"),
			Content:          o.text("content"),
			Digest:           cutBytes(o.text("digest"), maxArticleDescription),
		}
		if wrong := a.check(r); wrong != nil {
			return nil, wrong
		}
		news.Articles[i] = a
	}
	return news, nil
}

func (a mpArticle) check(r *reading) *status {
	switch {
	case a.Title == "":
		return refuse(codeTitleMissing)
	case len(a.Author) > maxAuthor:
		return refuse(codeAuthorTooLong)
	case a.Content == "":
		return refuse(codeEmptyContent)
	case len(a.Content) > maxArticleContent:
		return refuse(codeContentTooLarge)
	}
	return r.checkMedia(a.ThumbMediaID, "image")
}
