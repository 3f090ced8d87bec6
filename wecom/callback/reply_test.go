package callback

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"
)

var at = time.Unix(1409659813, 0)

func TestReplies(t *testing.T) {
	const head = "<xml><ToUserName><![CDATA[lisi]]></ToUserName><FromUserName><![CDATA[ww1]]></FromUserName><CreateTime>1409659813</CreateTime>"
	for _, c := range []struct {
		body ReplyBody
		want string
	}{
		{Text{"a]]>b"}, "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[a]]]]><![CDATA[>b]]></Content>"},
		{Image{"3a"}, "<MsgType><![CDATA[image]]></MsgType><Image><MediaId><![CDATA[3a]]></MediaId></Image>"},
		{Voice{"3a"}, "<MsgType><![CDATA[voice]]></MsgType><Voice><MediaId><![CDATA[3a]]></MediaId></Voice>"},
		{Video{"3a", "t", "d"}, "<MsgType><![CDATA[video]]></MsgType><Video><MediaId><![CDATA[3a]]></MediaId><Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description></Video>"},
		{News{[]Article{{"t", "d", "p", "u"}}}, "<MsgType><![CDATA[news]]></MsgType><ArticleCount>1</ArticleCount><Articles><item><Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description><PicUrl><![CDATA[p]]></PicUrl><Url><![CDATA[u]]></Url></item></Articles>"},
		{UpdateButton{"已批准"}, "<MsgType><![CDATA[update_button]]></MsgType><Button><ReplaceName><![CDATA[已批准]]></ReplaceName></Button>"},
		{UpdateTaskCard{"已批准"}, "<MsgType><![CDATA[update_taskcard]]></MsgType><TaskCard><ReplaceName><![CDATA[已批准]]></ReplaceName></TaskCard>"},
		{UpdateTemplateCard{json.RawMessage(`{
			"card_type":"vote_interaction","task_id":"t1","source":{"icon_url":"i","desc_color":1},"sub_title_text":null,
			"horizontal_content_list":[{"keyname":"k","userid":"u","media_id":"m"},{"keyname":"l","type":1}],
			"card_action":{"appid":"a","pagepath":"p"},
			"checkbox":{"mode":1,"disable":true,"option_list":[{"id":"1","is_checked":false}]},"replace_text":"x"}`)},
			"<MsgType><![CDATA[update_template_card]]></MsgType><TemplateCard><CardType><![CDATA[vote_interaction]]></CardType>" +
				"<Source><IconUrl><![CDATA[i]]></IconUrl><DescColor>1</DescColor></Source>" +
				"<HorizontalContentList><KeyName><![CDATA[k]]></KeyName><UserId><![CDATA[u]]></UserId><MediaId><![CDATA[m]]></MediaId></HorizontalContentList>" +
				"<HorizontalContentList><KeyName><![CDATA[l]]></KeyName><Type>1</Type></HorizontalContentList>" +
				"<CardAction><AppId><![CDATA[a]]></AppId><PagePath><![CDATA[p]]></PagePath></CardAction>" +
				"<CheckBox><Mode>1</Mode><Disable>true</Disable><OptionList><Id><![CDATA[1]]></Id><IsChecked>false</IsChecked></OptionList></CheckBox>" +
				"<ReplaceText><![CDATA[x]]></ReplaceText></TemplateCard>"},
	} {
		got, err := Reply{"lisi", "ww1", at, c.body}.XML()
		if err != nil || string(got) != head+c.want+"</xml>" {
			t.Errorf("%T: %v\n%s\nwant\n%s", c.body, err, got, head+c.want)
		}
		if err := xml.Unmarshal(got, new(struct{})); err != nil {
			t.Errorf("%T: %v", c.body, err)
		}
	}
}

func TestRepliesThatCannotBe(t *testing.T) {
	for name, body := range map[string]ReplyBody{
		"no body":                     nil,
		"a card that is no object":    UpdateTemplateCard{[]int{1}},
		"a card that is nil":          UpdateTemplateCard{},
		"a card that is no JSON":      UpdateTemplateCard{make(chan int)},
		"a field that is no element":  UpdateTemplateCard{map[string]int{"a b": 1}},
		"a field that is empty":       UpdateTemplateCard{map[string]int{"": 1}},
		"a field that opens a tag":    UpdateTemplateCard{map[string]int{"a><b": 1}},
		"a field that begins with 1":  UpdateTemplateCard{map[string]int{"1a": 1}},
		"a field deep inside is none": UpdateTemplateCard{map[string]any{"a": []any{map[string]any{"b/": 1}}}},
	} {
		if got, err := (Reply{"lisi", "ww1", at, body}).XML(); err == nil || !strings.HasPrefix(err.Error(), "callback: ") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
