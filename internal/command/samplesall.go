package command

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"

	"github.com/hongyan-im/hongyan/wecom"
)

// everyType is a message of every kind, for a look at the inbox. inbox is the address of the simulator.
func everyType(ctx context.Context, client *wecom.Client, inbox string) ([]sample, error) {
	chart, err := client.UploadImage(ctx, "chart.png", bytes.NewReader(picture()))
	if err != nil {
		return nil, err
	}
	list := []sample{
		toZhangsan("a markdown", "markdown", wecom.Markdown{Content: "**db-3** 的磁盘 <font color=\"warning\">已用 91%</font>\n> [监控页面](" + inbox + ")"}),
		withFile("a picture", "图片", wecom.MediaImage, "chart.png", picture(), func(id string) wecom.Body { return wecom.Image{MediaID: id} }),
		withFile("a recording of a second of silence", "语音", wecom.MediaVoice, "silence.amr", silence(), func(id string) wecom.Body { return wecom.Voice{MediaID: id} }),
		withFile("a file", "文件", wecom.MediaFile, "值班表.txt", []byte("周一 张三\n周二 李四\n"), func(id string) wecom.Body { return wecom.File{MediaID: id} }),
		toZhangsan("news of two articles", "图文", wecom.News{Articles: []wecom.Article{
			{Title: "本周菜单", Description: "第 12 周", URL: inbox, PicURL: chart},
			{Title: "班车调整", URL: inbox},
		}}),
		withFile("mpnews, an article that WeCom keeps,", "图文（mpnews）", wecom.MediaImage, "thumb.png", picture(), func(id string) wecom.Body {
			return wecom.MPNews{Articles: []wecom.MPArticle{{
				Title: "差旅规定", ThumbMediaID: id, Author: "财务", Content: "<p>请提前预订。</p>", Digest: "有哪些变化",
			}}}
		}),
	}
	for _, card := range sampleCards(inbox, chart) {
		list = append(list, toZhangsan("a card "+card.CardType(), "模板卡片", card))
	}
	return append(list,
		sample{"a text to a group chat", "群聊", "今晚谁值班？", toNewChat},
		sample{"a markdown_v2 by a robot", "群机器人", "| 服务 | 状态 |", ready(wecom.RobotMessage{Body: wecom.MarkdownV2{
			Content: "# 巡检\n\n| 服务 | 状态 |\n|---|---|\n| db-3 | **磁盘 91%** |\n| web-1 | 正常 |\n",
		}})},
	), nil
}

func messageToZhangsan(body wecom.Body) wecom.Message {
	return wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: body}
}

func toZhangsan(what, chinese string, body wecom.Body) sample {
	return sample{what + " to zhangsan", chinese, "msgtype " + body.MsgType(), ready(messageToZhangsan(body))}
}

// withFile is a message with a file, which is uploaded first.
func withFile(what, chinese string, kind wecom.MediaType, name string, data []byte, body func(mediaID string) wecom.Body) sample {
	return sample{what + " to zhangsan", chinese, "msgtype " + body("").MsgType(), func(ctx context.Context, client *wecom.Client) (letter, error) {
		file, err := client.Upload(ctx, kind, name, bytes.NewReader(data))
		return messageToZhangsan(body(file.MediaID)), err
	}}
}

func sampleCards(inbox, chart string) []wecom.Card {
	link := wecom.LinkTo(inbox)
	yesNo := []wecom.Option{{ID: "now", Text: "现在"}, {ID: "night", Text: "今晚"}}
	return []wecom.Card{
		wecom.TextNotice{
			Source:             wecom.Source{Desc: "存储", DescColor: wecom.DescGreen},
			MainTitle:          wecom.MainTitle{Title: "配额即将用完", Desc: "卷 backup-2"},
			EmphasisContent:    wecom.EmphasisContent{Title: "93%", Desc: "已用"},
			HorizontalContents: []wecom.HorizontalContent{wecom.TextLine("负责人", "张三"), wecom.LinkLine("详情", "监控页面", inbox)},
			CardAction:         link,
		},
		wecom.NewsNotice{
			MainTitle:        wecom.MainTitle{Title: "三楼装修", Desc: "四月七日至九日"},
			CardImage:        wecom.CardImage{URL: chart, AspectRatio: 2.1},
			VerticalContents: []wecom.VerticalContent{{Title: "影响", Desc: "东侧会议室停用"}},
			CardAction:       link,
		},
		wecom.ButtonInteraction{
			MainTitle:       wecom.MainTitle{Title: "把 2.9 发布到生产？"},
			SubTitleText:    "共 42 个提交",
			ButtonSelection: wecom.Select{QuestionKey: "window", Title: "时间", SelectedID: "now", Options: yesNo},
			Buttons:         []wecom.Button{{Text: "批准", Key: "approve"}, {Text: "拒绝", Key: "decline", Style: wecom.StyleNegative}},
			TaskID:          "sample-release",
		},
		wecom.VoteInteraction{
			MainTitle: wecom.MainTitle{Title: "周五午餐"},
			Checkbox: wecom.Checkbox{QuestionKey: "lunch", Mode: wecom.MultipleChoice, Options: []wecom.CheckboxOption{
				{ID: "noodles", Text: "面", IsChecked: true}, {ID: "rice", Text: "饭"},
			}},
			SubmitButton: wecom.SubmitButton{Text: "投票", Key: "vote"},
			TaskID:       "sample-lunch",
		},
		wecom.MultipleInteraction{
			MainTitle:    wecom.MainTitle{Title: "选择工位"},
			Selects:      []wecom.Select{{QuestionKey: "when", Title: "时间", Options: yesNo}},
			SubmitButton: wecom.SubmitButton{Text: "预订", Key: "book"},
			TaskID:       "sample-desk",
		},
	}
}

func toNewChat(ctx context.Context, client *wecom.Client) (letter, error) {
	id, err := client.CreateChat(ctx, wecom.Chat{Name: "值班", Owner: "zhangsan", Users: []string{"zhangsan", "lisi"}})
	return wecom.ChatMessage{ChatID: id, Body: wecom.Text{Content: "今晚谁值班？", Mentioned: []string{"zhangsan"}}}, err
}

// picture is a small chart: green bars that turn red.
func picture() []byte {
	const width, height, bar = 240, 120, 24
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			c := color.RGBA{0xf5, 0xf5, 0xf5, 0xff}
			if n := x / bar; x%bar > 4 && y > height-12*(n+1) {
				c = color.RGBA{uint8(40 + 20*n), uint8(180 - 14*n), 0x50, 0xff}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		panic(err) // memory takes everything
	}
	return buf.Bytes()
}

// silence is a second of AMR: fifty frames of 20 ms that hold nothing, each of one byte.
func silence() []byte {
	const noData = 0x7c // mode 15, good quality (RFC 4867)
	return append([]byte("#!AMR\n"), bytes.Repeat([]byte{noData}, 50)...)
}
