package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Directory finds members by their aliases.
type Directory interface {
	// Known says of aliases what is known without asking WeCom. Those that it does not tell of must be
	// looked up.
	Known(ctx context.Context, s Sender, aliases []string) (Lookup, error)
	// Find says it of all of them, and asks WeCom where it must. With an error it tells of those that it
	// could find out about: *[DirectoryError] if WeCom is not to be asked now, and else what the SDK
	// says.
	Find(ctx context.Context, s Sender, aliases []string) (Lookup, error)
	// Forget says that what is known of these is to be asked again: of members whom WeCom does not know
	// any more, by their user ids, and of aliases.
	Forget(ctx context.Context, s Sender, names []string)
}

// DirectoryError says that WeCom is not to be asked who has an alias before a time: it counts those
// that are nobody's, and closes the call for a day to a corp that asks for too many. That says nothing
// of the sender's other messages.
type DirectoryError struct {
	Until  time.Time
	Detail string // English, one line
	Err    error  // what WeCom answered, if it did
}

// Error says why and until when.
func (e *DirectoryError) Error() string { return "looking up members: " + e.Detail }

// Unwrap returns what WeCom answered.
func (e *DirectoryError) Unwrap() error { return e.Err }

var errNoDirectory = errors.New("this gateway has no directory to look members up in")

// nobodyFound is the detail of a delivery whose receivers are all unknown.
const nobodyFound = "no member whom the app can see has these phone numbers or email addresses"

// lookUp finds out who is behind the aliases of a delivery, in the place of an attempt: it was
// claimed for one. With what it finds the delivery waits for its turn again, and gets its quotas and
// is compared with its twins as if its program had named the members.
//
// What is not to be asked now does not hold up the others: they go on, and the rest gets a delivery
// of its own.
func (x *Dispatcher) lookUp(d *Delivery, turn int) {
	began := time.Now()
	known, err := Lookup{}, errNoDirectory
	if x.Directory != nil {
		known, err = x.Directory.Find(x.sending, d.Sender, d.Content.Aliases())
	}
	took, now := time.Since(began), x.Now()
	resolved, l, left := d.Content.resolve(known)
	if err == nil && len(left) > 0 {
		err = errors.New("the directory told of some members alone")
	}
	l.Attempts = d.Attempts - 1
	s := Settlement{ID: d.ID, Attempt: d.Attempts, Status: Queued, Due: d.Due, At: now, NotTried: true, Content: &resolved, Lookup: &l}
	var wait *DirectoryError
	switch complete := len(left) == 0; {
	case complete && nobodyIn(resolved.App.To):
		s.Status, s.Due, s.Content = Refused, time.Time{}, nil
		s.Reason = Reason{Code: ReasonNoReceiver, Detail: nobodyFound}
	case complete:
	default:
		o := Judge(Attempt{Delivery: d, Err: err, Ended: now, Jitter: x.Jitter()})
		x.Observer.Attempted(d.Sender, o, took)
		later := errors.As(err, &wait)
		if later && !nobodyIn(resolved.App.To) {
			s.Later = []Later{{Users: left, Due: o.Due, Reason: o.Reason}}
			break
		}
		if o.Trouble == NoTrouble {
			x.release(d, nil, turn) // it says nothing of what the sender rests for
		} else {
			x.release(d, &o, turn)
		}
		failed := settlement(d, o, now)
		failed.Took, failed.NotTried = took, later
		x.settle(d, failed)
		return
	}
	x.release(d, nil, turn)
	x.settle(d, s)
}

// forget tells the directory of members whom it found, and WeCom does not know.
func (x *Dispatcher) forget(d *Delivery, invalid []string) {
	if x.Directory == nil || len(invalid) == 0 {
		return
	}
	names := fold(invalid)
	var gone []string
	for _, f := range d.Lookup.Found {
		if !slices.Contains(gone, f.User) && names[strings.ToLower(f.User)] {
			gone = append(gone, f.User)
		}
	}
	if len(gone) > 0 {
		x.Directory.Forget(context.WithoutCancel(x.sending), d.Sender, gone)
	}
}

// resolve puts members in the place of the aliases of a content, if all of them are known and one can
// get it. Else the dispatcher looks them up when its turn has come.
func (in *Intake) resolve(ctx context.Context, s Sender, c Content) (Content, *Lookup) {
	if !c.Unresolved() || in.dispatcher.Directory == nil {
		return c, nil
	}
	known, err := in.dispatcher.Directory.Known(ctx, s, c.Aliases())
	if err != nil {
		return c, nil
	}
	resolved, l, left := c.resolve(known)
	if len(left) > 0 || nobodyIn(resolved.App.To) {
		return c, nil
	}
	return resolved, &l
}

// checkAliases reports what of a content's aliases is wrong.
func (in *Intake) checkAliases(c *Content) error {
	aliases := c.Aliases()
	if len(aliases) > 0 && in.dispatcher.Directory == nil {
		return &RequestError{"to", errNoDirectory.Error()}
	}
	for _, given := range aliases {
		if alias, ok := Alias(given); !ok || alias != given {
			return &RequestError{"to", "a member is named by user id, phone number or email address, and none of these has another form"}
		}
	}
	return nil
}

// withPlaceholders is a message as it can be checked before its aliases are known.
func withPlaceholders(m *wecom.Message) wecom.Message {
	plain := *m
	plain.To.Users = slices.Clone(m.To.Users)
	for i, user := range plain.To.Users {
		if IsAlias(user) {
			plain.To.Users[i] = "m"
		}
	}
	return plain
}
