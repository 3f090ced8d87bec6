package simulator

import "unicode/utf8"

// noticeBody is a notice of a mini program (小程序通知消息, path/90236).
type noticeBody struct {
	AppID             string       `json:"appid"`
	Page              string       `json:"page,omitempty"`
	Title             string       `json:"title"`
	Description       string       `json:"description,omitempty"`
	EmphasisFirstItem bool         `json:"emphasis_first_item,omitempty"`
	ContentItem       []noticeItem `json:"content_item,omitempty"`
}

type noticeItem struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Limits of a notice, in characters but for the page.
const (
	minNoticeTitle = 4 // of the description too
	maxNoticeTitle = 12
	maxNoticeItems = 10
	maxNoticeKey   = 10
	maxNoticeValue = 30
	maxNoticePage  = 1024 // bytes
)

const noticeMsgType = "miniprogram_notice"

// readNotice is for apps that are a mini program; others answer 48002. Pairs that are empty are
// skipped. What is too long in a pair or a page is refused by a strict world and cut by another: the
// document gives the limits and no consequence.
func readNotice(r *reading, body *object) (any, *status) {
	if r.app.miniProgram == "" {
		return nil, refuse(codeForbidden)
	}
	var n noticeBody
	body.into(&n)
	if n.AppID != r.app.miniProgram {
		return nil, invalidParam(noticeMsgType + ".appid")
	}
	if wrong := checkWords(noticeMsgType+".title", n.Title); wrong != nil {
		return nil, wrong
	}
	if wrong := checkWords(noticeMsgType+".description", n.Description); n.Description != "" && wrong != nil {
		return nil, wrong
	}
	if len(n.ContentItem) > maxNoticeItems {
		return nil, invalidField("%s.content_item exceed max length %d", noticeMsgType, maxNoticeItems)
	}
	if len(n.Page) > maxNoticePage && r.strict {
		return nil, invalidField("%s.page exceed max length %d", noticeMsgType, maxNoticePage)
	}
	n.Page = cutBytes(n.Page, maxNoticePage)
	kept := n.ContentItem[:0]
	for _, item := range n.ContentItem {
		key, value := cutChars(item.Key, maxNoticeKey), cutChars(item.Value, maxNoticeValue)
		switch {
		case r.strict && key != item.Key:
			return nil, invalidField("%s.content_item.key exceed max utf8 words %d", noticeMsgType, maxNoticeKey)
		case r.strict && value != item.Value:
			return nil, invalidField("%s.content_item.value exceed max utf8 words %d", noticeMsgType, maxNoticeValue)
		case key != "" || value != "":
			kept = append(kept, noticeItem{key, value})
		}
	}
	n.ContentItem = kept
	return n, nil
}

// checkWords demands the 4 to 12 characters of a notice's title.
func checkWords(name, s string) *status {
	switch n := utf8.RuneCountInString(s); {
	case n < minNoticeTitle:
		return invalidField("%s exceed min utf8 words %d", name, minNoticeTitle)
	case n > maxNoticeTitle:
		return invalidField("%s exceed max utf8 words %d", name, maxNoticeTitle)
	}
	return nil
}
