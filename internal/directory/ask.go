package directory

import (
	"context"
	"errors"
	"slices"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// The calls of WeCom, by their names.
const (
	byMobile = "user/getuserid"
	byEmail  = "user/get_userid_by_email"
)

type flightKey struct {
	corp, alias string
	agent       int
}

// flight is one question that is under way, for all who have it.
type flight struct {
	done chan struct{}
	user string
	err  error
}

// ask finds out whose an alias is, "" if it is nobody's. Those who ask at the same time get the same
// answer.
func (d *Directory) ask(ctx context.Context, s delivery.Sender, a Account, alias string) (user string, err error) {
	key := flightKey{a.Corp, alias, a.Agent}
	d.mu.Lock()
	f := d.flights[key]
	if f != nil {
		d.mu.Unlock()
		select {
		case <-f.done:
			return f.user, f.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	f = &flight{done: make(chan struct{})}
	d.flights[key] = f
	d.mu.Unlock()
	f.user, f.err = d.find(ctx, s, a, alias)
	d.mu.Lock()
	delete(d.flights, key)
	d.mu.Unlock()
	close(f.done)
	return f.user, f.err
}

// find asks WeCom and remembers the answer.
func (d *Directory) find(ctx context.Context, s delivery.Sender, a Account, alias string) (user string, err error) {
	known, err := d.known(ctx, a, []string{alias}) // the flight before this one may have found it
	switch {
	case err != nil:
		return "", err
	case len(known.Found) > 0:
		return known.Found[0].User, nil
	case len(known.Unknown) > 0:
		return "", nil
	}
	if mobile, email := delivery.CutAlias(alias); mobile != "" {
		user, err = d.call(ctx, a, byMobile, func() (string, error) { return d.Caller.UserIDByMobile(ctx, s, mobile) })
	} else {
		// Programs do not know which of a member's two addresses they have.
		as := func(kind wecom.EmailKind) func() (string, error) {
			return func() (string, error) { return d.Caller.UserIDByEmail(ctx, s, email, kind) }
		}
		user, err = d.call(ctx, a, byEmail, as(wecom.CorpEmail), as(wecom.PersonalEmail))
	}
	if err != nil {
		return "", err
	}
	e := Entry{Corp: a.Corp, Alias: alias, User: user, Until: d.Now().Add(Remembered)}
	if user == "" {
		e.Agent = a.Agent
	}
	d.keep(ctx, e)
	return user, nil
}

// keep remembers. What cannot be kept is asked again, and what was missed is not counted: better than
// to send nothing.
func (d *Directory) keep(ctx context.Context, e Entry, misses ...Misses) {
	if err := d.Store.Keep(context.WithoutCancel(ctx), e, misses...); err != nil {
		d.Log.Error("remembering who was looked up", "error", err)
	}
}

// unknown are the codes that say that nobody has what was asked for: nobody at all (46004 and those
// of its kind), nobody whom the app can see (60011), or that it is not of the form that WeCom knows
// (40058, 60103). They say nothing of others.
var unknown = []wecom.Code{wecom.CodeUserNotFound, wecom.CodeUserUnknown, 60011, 60146, 60147, 40058, 60103}

// call makes calls of one name, when they may be made, until one finds somebody; and counts those that
// find nobody.
func (d *Directory) call(ctx context.Context, a Account, name string, calls ...func() (string, error)) (user string, err error) {
	g := d.gate(a.Corp, name)
	may := 0
	defer func() { g.leave(may) }()
	for i := 0; i < len(calls) && user == "" && err == nil; i++ {
		if may == 0 {
			if may, err = g.enter(ctx, d, a, len(calls)-i); err != nil {
				return "", err
			}
		}
		user, err = calls[i]()
		var answer *wecom.Error
		if errors.As(err, &answer) && answer.Op == name && slices.Contains(unknown, answer.Code) {
			d.keep(ctx, Entry{}, Misses{Corp: a.Corp, Call: name, Hour: hourOf(d.Now()), N: 1})
			g.leave(1)
			may--
			user, err = "", nil
		}
		err = g.heard(d, err)
	}
	return user, err
}
