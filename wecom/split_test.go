package wecom_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

func ExampleSplitText() {
	alert := "【告警】数据库 db-3 磁盘使用率 91.5%。\n\n请值班同事在 30 分钟内清理 /var/log，否则写入会被拒绝。"
	for _, part := range wecom.SplitText(alert, wecom.SplitOptions{Limit: 96, Numbered: true}) {
		fmt.Printf("%s\n--\n", strings.TrimSpace(part))
	}
	// Output:
	// (1/2)
	// 【告警】数据库 db-3 磁盘使用率 91.5%。
	// --
	// (2/2)
	// 请值班同事在 30 分钟内清理 /var/log，否则写入会被拒绝。
	// --
}

// A part of a real day, and what it becomes.
func TestSplitText(t *testing.T) {
	alert := "【严重】支付服务异常\n时间：2026-03-01 03:12:45\n主机：pay-7（10.0.3.7）\n" +
		"说明：过去 5 分钟内超时 1284 次，成功率 71.3%。👨‍💻 值班：<@zhangsan>\n" +
		"处理：<a href=\"https://mon.example.com/d/pay?from=now-1h\">监控面板</a>，<a href=\"https://wiki.example.com/runbook/pay\">处理手册</a>\n\n"
	stack := "Exception in thread \"main\" java.lang.IllegalStateException: pool is empty\n" +
		strings.Repeat("    at com.example.pay.Pool.take(Pool.java:117)\n", 80)
	log := strings.Repeat("2026-03-01T03:12:45.123+08:00 WARN  [http-nio-8080-exec-7] 订单 20260301-0007 支付超时，重试第 2 次\r\n", 60)
	for name, text := range map[string]string{
		"alerts": strings.Repeat(alert, 20), "stack trace": stack, "log": log,
		"emoji": strings.Repeat("👍🏽🇨🇳👨‍👩‍👧‍👦", 300), "everything": alert + stack + log,
	} {
		parts := wecom.SplitText(text, wecom.SplitOptions{})
		if strings.Join(parts, "") != text {
			t.Errorf("%s: the parts joined are not the text", name)
		}
		for i, part := range parts {
			message := wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: part}}
			if err := message.Validate(); err != nil {
				t.Errorf("%s, part %d: %v", name, i+1, err)
			}
			if name != "emoji" && i < len(parts)-1 && !strings.HasSuffix(part, "\n") {
				t.Errorf("%s, part %d ends in the middle of a line: …%q", name, i+1, part[len(part)-40:])
			}
			if i < len(parts)-1 && len(part) < 1024 {
				t.Errorf("%s, part %d of %d has only %d bytes", name, i+1, len(parts), len(part))
			}
			if name == "alerts" && !strings.HasPrefix(part, "【严重】") {
				t.Errorf("alerts, part %d begins with %.40q", i+1, part)
			}
		}
	}
}

func TestSplitLimits(t *testing.T) {
	text := strings.Repeat("一二三四五。", 2000)
	for _, c := range []struct {
		name  string
		parts []string
		limit int
	}{
		{"text", wecom.SplitText(text, wecom.SplitOptions{}), 2048},
		{"text, numbered", wecom.SplitText(text, wecom.SplitOptions{Numbered: true}), 2048},
		{"text, a limit of its own", wecom.SplitText(text, wecom.SplitOptions{Limit: 5120}), 5120},
		{"text, a limit too small", wecom.SplitText(text, wecom.SplitOptions{Limit: 1}), 64},
		{"text, a limit below zero", wecom.SplitText(text, wecom.SplitOptions{Limit: -1}), 2048},
		{"app", wecom.SplitMarkdown(text, wecom.DialectApp, wecom.SplitOptions{Numbered: true}), 2048},
		{"robot", wecom.SplitMarkdown(text, wecom.DialectGroup, wecom.SplitOptions{Numbered: true}), 4096},
		{"markdown_v2", wecom.SplitMarkdown(text, wecom.DialectV2, wecom.SplitOptions{}), 4096},
		{"markdown, a limit too small", wecom.SplitMarkdown(text, wecom.DialectApp, wecom.SplitOptions{Limit: 100}), 512},
	} {
		longest := 0
		for _, part := range c.parts {
			longest = max(longest, len(part))
		}
		if longest > c.limit || longest < c.limit*8/10 {
			t.Errorf("%s: the longest part has %d bytes, the limit is %d", c.name, longest, c.limit)
		}
	}
	if got := wecom.SplitText("", wecom.SplitOptions{Numbered: true}); len(got) != 1 || got[0] != "" {
		t.Errorf("the empty text became %q", got)
	}
}

func TestSplitMarkdown(t *testing.T) {
	alert := "### <font color=\"warning\">严重</font> 支付服务异常\n> 主机：`pay-7`\n> 成功率：<font color=\"warning\">71.3%</font>，[监控](https://mon.example.com/d/pay?from=now-1h)\n" +
		"> 值班：<@zhangsan>\n\n**请在 30 分钟内处理**，否则通知 <font color=\"comment\">支付组 👨‍💻</font>\n\n"
	week := "# 第 9 周\n\n本周完成 *三* 项：\n\n1. 迁移 `db-3`\n   - 停机 **4 分钟**\n2. 新的 [手册](https://wiki.example.com/a_(b))\n3. ![图](https://a.example/x.png)\n\n" +
		"| 服务 | 可用率 |\n| :--- | ---: |\n| 支付 | 99.95% |\n| 对账 | 99.99% |\n\n```sh\nsystemctl restart pay   # 支付\n```\n\n---\n\n"
	for _, c := range []struct {
		name    string
		content string
		dialect wecom.Dialect
		begins  string
		whole   []string // what is never cut
	}{
		{"alerts of an app", strings.Repeat(alert, 30), wecom.DialectApp, "### ", []string{alert}},
		{"alerts of a robot", strings.Repeat(alert, 30), wecom.DialectGroup, "### ", []string{alert}},
		{"weeks", strings.Repeat(week, 40), wecom.DialectV2, "# ", []string{week}},
		{"one long list", strings.Repeat("- 支付：成功率 **99.9%**，见 [面板](https://mon.example.com/d/pay)\n", 100), wecom.DialectV2, "- ", nil},
	} {
		parts := wecom.SplitMarkdown(c.content, c.dialect, wecom.SplitOptions{})
		if len(parts) < 2 || strings.Join(parts, "") != c.content {
			t.Errorf("%s: the %d parts joined are not the content", c.name, len(parts))
		}
		for i, part := range parts {
			if !strings.HasPrefix(part, c.begins) {
				t.Errorf("%s, part %d begins with %.40q", c.name, i+1, part)
			}
			for _, whole := range c.whole {
				if strings.ReplaceAll(part, whole, "") != "" {
					t.Errorf("%s, part %d has a cut block in it: %q", c.name, i+1, part)
				}
			}
		}
	}
}

func ExampleSplitMarkdown() {
	report := "## 昨日失败任务\n\n| 任务 | 耗时 |\n| :--- | ---: |\n" + strings.Repeat("| 对账-华东 | 41 min |\n", 30)
	parts := wecom.SplitMarkdown(report, wecom.DialectV2, wecom.SplitOptions{Limit: 512, Numbered: true})
	lines := strings.SplitAfter(parts[1], "\n")
	fmt.Print(strings.Join(lines[:5], ""))
	// Output:
	// (2/2)
	//
	// | 任务 | 耗时 |
	// | :--- | ---: |
	// | 对账-华东 | 41 min |
}
