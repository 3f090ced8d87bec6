// Package doctor finds out what keeps a gateway, or a program, from sending: each app's settings as
// WeCom sees them, and what the gateway stands on. It sends no message, unless it is told to by
// [Patient.Send], and changes nothing.
package doctor

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Level says how bad a finding is.
type Level string

// The levels.
const (
	Green   Level = "green"
	Yellow  Level = "yellow"  // it works, and somebody should look at it
	Red     Level = "red"     // it does not work
	Skipped Level = "skipped" // it could not be looked at, because of something red
)

// Text says the same in English and in Chinese.
type Text struct{ EN, ZH string }

// In is the text in the language.
func (t Text) In(lang wecom.Lang) string {
	if lang == wecom.Chinese {
		return t.ZH
	}
	return t.EN
}

// Finding is what one check found.
type Finding struct {
	Subject  string // "app crm", "robot ops", "wecom", "database", "disk", "redis"
	Check    string // a word of a closed list, such as "trusted_ip"
	Level    Level
	Text     Text       // what was found
	Hint     Text       // what to do; empty where there is nothing to do
	ErrCode  wecom.Code // WeCom's number, if it gave one
	CallerIP string     // the address from which WeCom saw the call come, where it tells
}

// The checks.
const (
	CheckConnection = "connection"
	CheckClock      = "clock"
	CheckCorpID     = "corp_id"
	CheckSecret     = "secret"
	CheckTrustedIP  = "trusted_ip"
	CheckAgentID    = "agent_id"
	CheckVisible    = "visible_range"
	CheckCallback   = "callback"
	CheckKey        = "key"
	CheckDatabase   = "database"
	CheckDisk       = "disk"
	CheckRedis      = "redis"
)

// Patient is what is to be examined. What is nil or empty is not looked at.
type Patient struct {
	WeCom    WeCom
	Apps     []App
	Robots   []Robot
	Send     bool // write a line to each robot's group
	Database func(context.Context) (Database, error)
	Disk     func() (Disk, error)
	Redis    func(context.Context) error

	Now func() time.Time // nil means time.Now
}

// Report is all findings, in the order of the patient's parts.
type Report struct{ Findings []Finding }

// Level is that of the worst finding.
func (r Report) Level() Level {
	level := Green
	for _, f := range r.Findings {
		switch f.Level {
		case Red:
			return Red
		case Yellow:
			level = Yellow
		}
	}
	return level
}

const (
	// patience is how long one part of the patient may take to answer.
	patience = 20 * time.Second
	// atOnce is how many apps and robots are examined at the same time.
	atOnce = 8
)

// Examine looks at everything. It takes as long as the slowest part, within bounds; when ctx ends
// what is not answered by then is red.
func Examine(ctx context.Context, p Patient) Report {
	if p.Now == nil {
		p.Now = time.Now
	}
	var steps []func(context.Context) []Finding
	around, reached := p.WeCom.look(ctx, p.Now)
	for _, app := range p.Apps {
		steps = append(steps, func(ctx context.Context) []Finding { return app.examine(ctx, reached) })
	}
	for _, robot := range p.Robots {
		steps = append(steps, func(ctx context.Context) []Finding { return robot.examine(ctx, reached, p.Send) })
	}
	if p.Database != nil {
		steps = append(steps, func(ctx context.Context) []Finding { return examineDatabase(ctx, p.Database) })
	}
	if p.Disk != nil {
		steps = append(steps, func(context.Context) []Finding { return examineDisk(p.Disk) })
	}
	if p.Redis != nil {
		steps = append(steps, func(ctx context.Context) []Finding { return examineRedis(ctx, p.Redis) })
	}
	return Report{slices.Concat(around, slices.Concat(together(ctx, steps)...))}
}

// together takes the steps at the same time, and returns what each found in their order.
func together(ctx context.Context, steps []func(context.Context) []Finding) [][]Finding {
	found := make([][]Finding, len(steps))
	turn := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, step := range steps {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			found[i] = step(ctx)
		})
	}
	all.Wait()
	return found
}

// View is a finding in one language, as JSON shows it.
type View struct {
	Subject  string `json:"subject" doc:"What was looked at, such as app crm." example:"app crm"`
	Check    string `json:"check" enum:"connection,clock,corp_id,secret,trusted_ip,agent_id,visible_range,callback,key,database,disk,redis"`
	Level    Level  `json:"level" enum:"green,yellow,red,skipped" doc:"red: it does not work; yellow: it works, and somebody should look at it; skipped: something red kept it from being looked at."`
	Text     string `json:"text" doc:"What was found, in the caller's language."`
	Hint     string `json:"hint,omitempty" doc:"What to do, in the caller's language."`
	ErrCode  int    `json:"errcode,omitempty" doc:"WeCom's number, if it gave one."`
	CallerIP string `json:"caller_ip,omitempty" doc:"The address from which WeCom saw the call come."`
}

// View shows the findings in the language.
func (r Report) View(lang wecom.Lang) []View {
	views := make([]View, len(r.Findings))
	for i, f := range r.Findings {
		views[i] = View{f.Subject, f.Check, f.Level, f.Text.In(lang), f.Hint.In(lang), int(f.ErrCode), f.CallerIP}
	}
	return views
}
