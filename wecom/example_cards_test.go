package wecom_test

import (
	"context"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
)

// A notice of text, with a figure in large print.
func ExampleTextNotice() {
	client, sim := newClient()
	defer sim.Close()

	receipt, err := client.Send(context.Background(), wecom.Message{
		To: wecom.To{Users: []string{"zhangsan"}},
		Body: wecom.TextNotice{
			Source:             wecom.Source{Desc: "存储", DescColor: wecom.DescRed},
			MainTitle:          wecom.MainTitle{Title: "磁盘将满", Desc: "卷 backup-2"},
			EmphasisContent:    wecom.EmphasisContent{Title: "93%", Desc: "已用"},
			HorizontalContents: []wecom.HorizontalContent{wecom.MemberLine("负责人", "李四", "lisi")},
			Jumps:              []wecom.Jump{{Title: "清理手册", Link: wecom.LinkTo("https://wiki.example.com/disk")}},
			CardAction:         wecom.LinkTo("https://mon.example.com/backup-2"),
		},
	})
	check(err)
	fmt.Println(sim.Inbox("zhangsan").Last().Text())
	fmt.Println("can be updated:", receipt.ResponseCode != "")
	// Output:
	// 磁盘将满
	// can be updated: false
}

// A notice with a picture. With a menu it can be updated, and tells the app what was chosen.
func ExampleNewsNotice() {
	client, sim := newClient()
	defer sim.Close()

	receipt, err := client.Send(context.Background(), wecom.Message{
		To: wecom.To{All: true},
		Body: wecom.NewsNotice{
			ActionMenu:       wecom.ActionMenu{Actions: []wecom.Action{{Text: "不再提醒", Key: "mute"}}},
			MainTitle:        wecom.MainTitle{Title: "春游报名"},
			CardImage:        wecom.CardImage{URL: "https://hr.example.com/lake.jpg", AspectRatio: 1.8},
			VerticalContents: []wecom.VerticalContent{{Title: "集合", Desc: "八点，东门"}},
			CardAction:       wecom.LinkTo("https://hr.example.com/outing"),
			TaskID:           "outing-2026",
		},
	})
	check(err)
	fmt.Println(sim.Inbox("wangwu").Last().Text())
	fmt.Println("can be updated:", receipt.ResponseCode != "")
	// Output:
	// 春游报名
	// can be updated: true
}

// A question; what was chosen comes back with the key of the button.
func ExampleVoteInteraction() {
	client, sim := newClient()
	defer sim.Close()

	_, err := client.Send(context.Background(), wecom.Message{
		To: wecom.To{Parties: []int{2}},
		Body: wecom.VoteInteraction{
			MainTitle: wecom.MainTitle{Title: "周会改到哪天？"},
			Checkbox: wecom.Checkbox{QuestionKey: "day", Options: []wecom.CheckboxOption{
				{ID: "mon", Text: "周一", IsChecked: true},
				{ID: "tue", Text: "周二"},
			}},
			SubmitButton: wecom.SubmitButton{Text: "投票", Key: "vote"},
			TaskID:       "meeting-day-9",
		},
	})
	check(err)
	click(sim, "lisi", "vote", map[string][]string{"day": {"tue"}})
	// Output: vote map[day:[tue]]
}

// Drop-downs, submitted together.
func ExampleMultipleInteraction() {
	client, sim := newClient()
	defer sim.Close()

	_, err := client.Send(context.Background(), wecom.Message{
		To: wecom.To{Users: []string{"lisi"}},
		Body: wecom.MultipleInteraction{
			MainTitle: wecom.MainTitle{Title: "订会议室"},
			Selects: []wecom.Select{
				{QuestionKey: "room", Title: "房间", Options: []wecom.Option{{ID: "a", Text: "三楼东"}, {ID: "b", Text: "三楼西"}}},
				{QuestionKey: "hour", Title: "时间", SelectedID: "14", Options: []wecom.Option{{ID: "10", Text: "10:00"}, {ID: "14", Text: "14:00"}}},
			},
			SubmitButton: wecom.SubmitButton{Text: "预订", Key: "book"},
			TaskID:       "room-4471",
		},
	})
	check(err)
	click(sim, "lisi", "book", map[string][]string{"room": {"b"}})
	// Output: book map[hour:[14] room:[b]]
}
