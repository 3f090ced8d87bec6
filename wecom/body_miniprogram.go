package wecom

// MiniProgramNotice is a notice of an app that is a mini program bound to the corp (msgtype
// miniprogram_notice, path/90236); other apps are refused with 48002. The request names no app,
// since the token does, and does not go to @all.
//
// A text with an id marker such as $userName=zhangsan$ is not measured: how long it becomes is
// WeCom's knowledge alone.
type MiniProgramNotice struct {
	AppID             string        `json:"appid"`                         // required: the mini program that the app is
	Page              string        `json:"page,omitempty"`                // opens on a tap, at most 1024 bytes, with its query; "" opens nothing
	Title             string        `json:"title"`                         // required, 4 to 12 characters
	Description       string        `json:"description,omitempty"`         // 4 to 12 characters
	EmphasisFirstItem bool          `json:"emphasis_first_item,omitempty"` // show the first of ContentItems large
	ContentItems      []ContentItem `json:"content_item,omitempty"`        // at most 10; a pair with nothing in it is skipped
}

// ContentItem is a line of a [MiniProgramNotice].
type ContentItem struct {
	Key   string `json:"key"`   // at most 10 characters
	Value string `json:"value"` // at most 30 characters
}

const msgTypeMiniProgramNotice = "miniprogram_notice"

// namesNoApp reports whether the request has no agentid and no @all, as only this msgtype does.
func namesNoApp(b Body) bool {
	return !isNil(b) && b.MsgType() == msgTypeMiniProgramNotice
}

// MsgType returns "miniprogram_notice".
func (MiniProgramNotice) MsgType() string { return msgTypeMiniProgramNotice }

func (n MiniProgramNotice) check(c *checker) {
	const path = msgTypeMiniProgramNotice
	c.required(path+".appid", n.AppID)
	c.text(path+".page", n.Page, false, 1024, Bytes, TooLong)
	c.required(path+".title", n.Title)
	c.between(path+".title", n.Title, 4, 12)
	c.between(path+".description", n.Description, 4, 12)
	c.count(path+".content_item", len(n.ContentItems), 0, 10)
	for i, item := range n.ContentItems {
		c.between(at(path+".content_item", i)+".key", item.Key, 0, 10)
		c.between(at(path+".content_item", i)+".value", item.Value, 0, 30)
	}
}

func (MiniProgramNotice) safe() int { return 0 }
