package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/doctor"
	"github.com/hongyan-im/hongyan/wecom"
)

// Operator knows the senders and looks after them.
type Operator interface {
	// Senders lists those of the configuration in its order, then those that only have messages waiting.
	Senders(ctx context.Context) ([]Sender, error)
	// Check examines a sender as WeCom sees it, and sends nothing. ErrUnknownSender if there is none.
	// A sender at rest of which nothing is red gets another try at once.
	Check(ctx context.Context, s delivery.Sender) (doctor.Report, error)
	// Token returns an app's access token, and when it dies at the latest: zero if nobody knows. stale
	// is the one that WeCom just refused, or "". The errors are ErrUnknownSender and those of the SDK.
	Token(ctx context.Context, s delivery.Sender, stale string) (token string, expires time.Time, err error)
}

// Sender is a sender as the operator knows it.
type Sender struct {
	Sender  delivery.Sender
	Unknown bool   // the configuration does not have it
	CorpID  string // "" for a robot
	AgentID int
	delivery.State
	delivery.Backlog
}

const appsPath = "/v1/apps"

func (a *API) registerApps() {
	register(a, operation{scope: access.Read, Operation: huma.Operation{
		OperationID: "listApps", Method: http.MethodGet, Path: appsPath, Tags: []string{"Apps"},
		Summary:     "List the apps and robots, and how they do",
		Description: "Those that the key is for: what waits, what is under way, and whether something keeps it from being sent, with cause and cure.",
		Errors:      []int{503}, RejectUnknownQueryParameters: true,
	}}, a.listApps)
	register(a, operation{scope: access.Manage, Operation: huma.Operation{
		OperationID: "checkApp", Method: http.MethodPost, Path: appsPath + "/{name}/check", Tags: []string{"Apps"},
		Summary: "Find out what keeps an app from sending",
		Description: "Asks WeCom for a token and for the app's settings, and sends nothing. " +
			"If nothing is red, an app that rests gets another try at once. Within 5 seconds the same answer is given again.",
		Errors: []int{404, 503}, RejectUnknownQueryParameters: true,
	}}, a.checkApp)
	register(a, operation{scope: access.Token, Operation: huma.Operation{
		OperationID: "getAppToken", Method: http.MethodGet, Path: appsPath + "/{name}/token", Tags: []string{"Apps"},
		Summary: "Get an app's access token",
		Description: "For programs that must call WeCom themselves. All get the same token, which the gateway renews in time. " +
			"Whoever has it can send in the app's name. Every call is logged with the name of the key.",
		Errors: []int{404, 502, 503}, RejectUnknownQueryParameters: true,
	}}, a.getAppToken)
}

// App is an app or a robot, and how it does.
type App struct {
	Name     string `json:"name" doc:"Of a robot robot:NAME." example:"crm"`
	Kind     string `json:"kind" enum:"app,robot"`
	CorpID   string `json:"corp_id,omitempty"`
	AgentID  int    `json:"agent_id,omitempty"`
	State    string `json:"state" enum:"ok,resting,unknown_sender" doc:"resting: it sends nothing, because something is wrong with it; unknown_sender: the configuration does not have it any more, and what waits for it waits until it expires."`
	Rest     *Rest  `json:"rest,omitempty"`
	Workers  int    `json:"workers" doc:"How many calls may be under way at once."`
	InFlight int    `json:"in_flight" doc:"How many calls are under way."`
	Queued   int    `json:"queued" doc:"How many deliveries wait for their turn, or for a quota."`
	// Scheduled ones wait for the time that their program asked for.
	Scheduled     int    `json:"scheduled" doc:"How many deliveries wait for the time that their program asked for."`
	Oldest        string `json:"oldest_queued,omitempty" format:"date-time" doc:"When the oldest of those that are queued was accepted."`
	OldestSeconds int64  `json:"oldest_queued_seconds,omitempty" doc:"How long ago that was."`
}

// Rest is why a sender sends nothing.
type Rest struct {
	Reason   *Reason  `json:"reason,omitempty"`
	Since    string   `json:"since" format:"date-time"`
	Next     string   `json:"next" format:"date-time" doc:"When one message is sent to see whether it works again."`
	Failures int      `json:"failures" doc:"How many attempts failed, one after another."`
	Failure  *Failure `json:"failure,omitempty" doc:"What WeCom said, with cause and cure."`
}

type appsOutput struct {
	Body struct {
		Apps []App `json:"apps"`
	} `nameHint:"AppList"`
}

func (a *API) listApps(ctx context.Context, c *caller, _ *struct{}) (*appsOutput, error) {
	senders, err := a.Operator.Senders(ctx)
	if err != nil {
		return nil, err
	}
	out := &appsOutput{}
	out.Body.Apps = []App{}
	for _, s := range senders {
		if c.key.Sees(string(s.Sender)) {
			out.Body.Apps = append(out.Body.Apps, a.showApp(&s, c.lang))
		}
	}
	return out, nil
}

func (a *API) showApp(s *Sender, lang wecom.Lang) App {
	app := App{
		Name: string(s.Sender), Kind: "app", CorpID: s.CorpID, AgentID: s.AgentID, State: "ok",
		Workers: s.Workers, InFlight: s.InFlight, Queued: s.Queued, Scheduled: s.Scheduled, Oldest: stamp(s.Oldest),
	}
	if s.Sender.IsRobot() {
		app.Kind = "robot"
	}
	if !s.Oldest.IsZero() {
		app.OldestSeconds = max(0, int64(a.Now().Sub(s.Oldest)/time.Second))
	}
	switch {
	case s.Unknown:
		app.State = delivery.ReasonUnknownSender
	case s.Resting:
		app.State = "resting"
		app.Rest = &Rest{
			Reason: showReason(s.Rest.Reason, lang), Since: stamp(s.Rest.Since), Next: stamp(s.Rest.Until),
			Failures: s.Rest.Failures, Failure: showFailure(&s.Rest.Failure, lang),
		}
	}
	return app
}

type appInput struct {
	Name string `path:"name" maxLength:"80" doc:"Of a robot robot:NAME." example:"crm"`
}

// senderOf is the one that a path names, if the key is for it.
func senderOf(name string, c *caller) (delivery.Sender, error) {
	s := delivery.Sender(name)
	if !c.key.Sees(string(s)) {
		return s, &fault{is: problemForeignSender, detail: "the key is not for " + shown(s.String())}
	}
	return s, nil
}

func noSender(s delivery.Sender, err error) error {
	if errors.Is(err, delivery.ErrUnknownSender) {
		return &fault{is: problemNoSender, detail: "the configuration has no " + shown(s.String())}
	}
	return err
}

type checkOutput struct {
	Body struct {
		App      string        `json:"app"`
		Level    doctor.Level  `json:"level" enum:"green,yellow,red" doc:"That of the worst finding."`
		Checked  string        `json:"checked" format:"date-time"`
		Findings []doctor.View `json:"findings"`
	} `nameHint:"Check"`
}

func (a *API) checkApp(ctx context.Context, c *caller, in *appInput) (*checkOutput, error) {
	s, err := senderOf(in.Name, c)
	if err != nil {
		return nil, err
	}
	c.untimed()
	report, at, err := a.checks.get(ctx, s, a.Now, a.Operator.Check)
	if err != nil {
		return nil, noSender(s, err)
	}
	out := &checkOutput{}
	out.Body.App, out.Body.Level, out.Body.Checked, out.Body.Findings = string(s), report.Level(), stamp(at), report.View(c.lang)
	return out, nil
}

// checks keeps the latest one of each sender for a moment: WeCom blocks an address that insists on a
// wrong secret, however many ask.
type checks struct {
	mu sync.Mutex
	of map[delivery.Sender]*check
}

type check struct {
	done   chan struct{} // closed when the rest is there
	at     time.Time
	report doctor.Report
	err    error
}

const checkLife = 5 * time.Second

func (k *checks) get(ctx context.Context, s delivery.Sender, now func() time.Time, do func(context.Context, delivery.Sender) (doctor.Report, error)) (doctor.Report, time.Time, error) {
	k.mu.Lock()
	c := k.of[s]
	if c == nil || c.ended() && (c.err != nil || now().Sub(c.at).Abs() >= checkLife) {
		c = &check{done: make(chan struct{})}
		if k.of == nil {
			k.of = map[delivery.Sender]*check{}
		}
		k.of[s] = c
		k.mu.Unlock()
		defer close(c.done)
		c.err = errors.New("the check ended by a panic")
		// Others wait for it as well, so it does not end with this request.
		c.report, c.err = do(context.WithoutCancel(ctx), s)
		c.at = now()
		return c.report, c.at, c.err
	}
	k.mu.Unlock()
	select {
	case <-c.done:
		return c.report, c.at, c.err
	case <-ctx.Done():
		return doctor.Report{}, time.Time{}, ctx.Err()
	}
}

func (c *check) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

type tokenInput struct {
	Name  string `path:"name" maxLength:"80" doc:"As in GET /v1/apps." example:"crm"`
	Stale string `header:"X-Stale-Token" maxLength:"1024" doc:"The token that WeCom just refused (42001, 40014): if it is still the gateway's, the gateway fetches another one first."`
}

type tokenOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token   string `json:"access_token"`
		Expires string `json:"expires,omitempty" format:"date-time" doc:"When it dies at the latest. WeCom may kill it before."`
	} `nameHint:"AccessToken"`
}

func (a *API) getAppToken(ctx context.Context, c *caller, in *tokenInput) (*tokenOutput, error) {
	s, err := senderOf(in.Name, c)
	if err != nil {
		return nil, err
	}
	c.untimed()
	token, expires, err := a.Operator.Token(ctx, s, in.Stale)
	var (
		refused *wecom.Error
		broken  *wecom.TransportError
		hinter  interface{ Hint(wecom.Lang) string }
	)
	if errors.As(err, &refused) || errors.As(err, &broken) {
		f := &fault{is: problemNoToken, detail: fmt.Sprint(err)}
		if errors.As(err, &hinter) {
			f.hint = &words{hinter.Hint(wecom.English), hinter.Hint(wecom.Chinese)}
		}
		return nil, f
	}
	if err != nil {
		return nil, noSender(s, err)
	}
	a.Log.InfoContext(ctx, "access token handed out", "sender", s, "key", c.key.Name, "was_stale", in.Stale != "")
	out := &tokenOutput{CacheControl: "no-store"}
	out.Body.Token, out.Body.Expires = token, stamp(expires)
	return out, nil
}
