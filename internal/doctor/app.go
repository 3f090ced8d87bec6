package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
)

// App is an app to examine.
type App struct {
	Name string // "" for the one app of a command line
	// Client has a token store of its own: a token that somebody kept says nothing about the secret.
	Client *wecom.Client
	// Callback says that the gateway has what verifies calls of WeCom to this app.
	Callback bool
}

// Subject is what findings about the app are headed with.
func (a App) Subject() string {
	if a.Name == "" {
		return "app"
	}
	return "app " + a.Name
}

// appChecks are those of an app, in the order in which WeCom looks at a call.
var appChecks = []string{CheckCorpID, CheckSecret, CheckTrustedIP, CheckAgentID, CheckVisible, CheckCallback}

// findings are those of one app. What is not found out is skipped.
type findings struct {
	subject string
	list    []Finding
}

func (f *findings) add(check string, level Level, en, zh string) *Finding {
	f.list = append(f.list, Finding{Subject: f.subject, Check: check, Level: level, Text: Text{en, zh}})
	return &f.list[len(f.list)-1]
}

// failed ends the examination: what comes after the check cannot be seen.
func (f *findings) failed(check string, err error) []Finding {
	f.add(check, Red, "", "").fail(err)
	return f.rest()
}

// rest skips the checks that have no finding.
func (f *findings) rest() []Finding {
	for _, check := range appChecks[len(f.list):] {
		f.list = append(f.list, skipped(f.subject, check))
	}
	return f.list
}

// examine asks WeCom for a token, and with it for the app's settings.
func (a App) examine(ctx context.Context, r reached) []Finding {
	f := &findings{subject: a.Subject()}
	if !r.ok {
		return f.rest()
	}
	if _, err := a.Client.Token(ctx, ""); err != nil {
		return f.noToken(err)
	}
	f.knownCorp()
	f.add(CheckSecret, Green, "WeCom gives a token for corp id and secret", "企业 ID 与 secret 可以换取 token")
	agent, err := a.Client.Agent(ctx)
	var unset *wecom.ValidationError
	if errors.As(err, &unset) { // no agent id: another call shows whether the address is trusted
		if _, err = a.Client.CallbackIPs(ctx); err == nil {
			f.trusted(r)
			f.add(CheckAgentID, Yellow, "none is given, so nothing can be sent to members", "未设置，无法向成员发送").Hint = Text{
				"AgentId stands on the app's page in the admin console (应用管理)", "AgentId 见管理后台「应用管理」中该应用的页面"}
			return f.rest()
		}
	}
	if err != nil {
		return f.noAgent(err, r)
	}
	f.trusted(r)
	f.agent(agent)
	f.callback(a.Callback, agent)
	return f.list
}

func (f *findings) knownCorp() {
	f.add(CheckCorpID, Green, "WeCom knows the corp", "企业微信认识该企业 ID")
}

// noToken says what is wrong where gettoken fails: WeCom looks at the corp before the secret's value.
func (f *findings) noToken(err error) []Finding {
	var refused *wecom.Error
	if !errors.As(err, &refused) || refused.Code == wecom.CodeBadCorpID || refused.Code == 301007 {
		return f.failed(CheckCorpID, err)
	}
	f.knownCorp()
	return f.failed(CheckSecret, err)
}

// noAgent says what is wrong where agent/get fails: WeCom looks at the address first.
func (f *findings) noAgent(err error, r reached) []Finding {
	var refused *wecom.Error
	if !errors.As(err, &refused) || refused.Code == wecom.CodeUntrustedIP {
		return f.failed(CheckTrustedIP, err)
	}
	f.trusted(r)
	return f.failed(CheckAgentID, err)
}

func (f *findings) trusted(r reached) {
	found := f.add(CheckTrustedIP, Green, "calls from this machine are taken", "接受来自本机的调用")
	if found.CallerIP = r.ip; r.ip != "" {
		found.Text = Text{"calls from " + r.ip + " are taken", "接受来自 " + r.ip + " 的调用"}
	}
}

func (f *findings) agent(agent wecom.Agent) {
	if agent.Disabled {
		f.add(CheckAgentID, Red, fmt.Sprintf("app %d (%s) is disabled", agent.ID, agent.Name), fmt.Sprintf("应用 %d（%s）已停用", agent.ID, agent.Name)).
			Hint = Text{"enable it on its page in the admin console (应用管理)", "请在管理后台「应用管理」中启用该应用"}
	} else {
		f.add(CheckAgentID, Green, fmt.Sprintf("the secret is that of app %d (%s)", agent.ID, agent.Name), fmt.Sprintf("secret 属于应用 %d（%s）", agent.ID, agent.Name))
	}
	users, parties, tags := len(agent.Visible.Users), len(agent.Visible.Parties), len(agent.Visible.Tags)
	if users+parties+tags == 0 {
		f.add(CheckVisible, Red, "nobody is in the visible range of the app, so nobody can get a message", "应用的可见范围为空，任何人都收不到消息").
			Hint = Text{"open the app in the admin console, 可见范围 (visible range), and add departments, tags or members",
			"请在管理后台打开该应用，在「可见范围」中添加部门、标签或成员"}
		return
	}
	f.add(CheckVisible, Green, fmt.Sprintf("the app is visible to members: %d, departments: %d, tags: %d", users, parties, tags),
		fmt.Sprintf("可见范围包括 %d 名成员、%d 个部门、%d 个标签", users, parties, tags))
}

// callback says what is known of the callback URL: WeCom does not tell the URL itself.
func (f *findings) callback(ours bool, agent wecom.Agent) {
	events := agent.ReportEnter || agent.ReportLocation
	switch {
	case ours:
		f.add(CheckCallback, Green, "the configuration has token and aes_key; WeCom does not tell whether a URL is set for the app",
			"配置中有 token 和 aes_key；企业微信不提供查询回调 URL 的接口")
	case events:
		f.add(CheckCallback, Green, "WeCom reports events of the app to some URL, and the gateway has no keys for it",
			"该应用已开启事件上报，网关没有对应的 token 和 aes_key")
	default:
		f.add(CheckCallback, Green, "none is configured here: cards with buttons need one (else 43012)",
			"此处未配置：带按钮的卡片需要回调（否则返回 43012）")
	}
}
