package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is something that goes wrong with the next calls that match. Faults are counted, not rolled:
// a test says "the next two" and then it is over. Every call meets at most one, the first in the
// list that matches; it comes before all checks, the token's too.
type Fault struct {
	// Which calls. Empty fields match all.
	Call    string // such as "gettoken" or "message/send"; must be given
	CorpID  string // of the calling app or robot
	AgentID int    // of the calling app, found by its token or secret
	User    string // a member that a message/send is for, however addressed

	// What happens. At least one; an errcode, an HTTP status and an action exclude each other.
	Latency    time.Duration // of real time, before anything else; a client that leaves in it has sent nothing
	ErrCode    int           // answered in place of doing anything
	ErrMsg     string        // defaults to the usual text of ErrCode
	HTTPStatus int           // 200 to 599, with an HTML page, as a proxy before WeCom would
	Action     Action

	Times int // how often it happens; 0 is until the faults are replaced
}

// Action is what a fault does to the connection.
type Action string

const (
	DropBefore Action = "drop_before" // closes it, and the call has no effect
	DropAfter  Action = "drop_after"  // closes it without an answer after the call took effect
)

// validate says what is wrong with f in the words of its JSON form.
func (f Fault) validate() error {
	kinds := 0
	for _, given := range []bool{f.ErrCode != 0, f.HTTPStatus != 0, f.Action != ""} {
		if given {
			kinds++
		}
	}
	switch {
	case f.Call == "":
		return fmt.Errorf("call is missing, such as message/send")
	case calls[f.Call] == nil:
		return fmt.Errorf("call %q is not known%s", f.Call, didYouMean(f.Call, calls))
	case f.Call != "message/send" && f.User != "":
		return fmt.Errorf("user %q: %s is for no member", f.User, f.Call)
	case f.Action != "" && f.Action != DropBefore && f.Action != DropAfter:
		return fmt.Errorf("action %q is not known: %s or %s", f.Action, DropBefore, DropAfter)
	case f.HTTPStatus != 0 && (f.HTTPStatus < 200 || f.HTTPStatus > 599):
		return fmt.Errorf("http_status %d is not between 200 and 599", f.HTTPStatus)
	case f.ErrMsg != "" && f.ErrCode == 0:
		return fmt.Errorf("errmsg %q without an errcode", f.ErrMsg)
	case kinds > 1:
		return fmt.Errorf("only one of errcode, http_status and action can happen")
	case f.Latency < 0:
		return fmt.Errorf("latency %v is negative", f.Latency)
	case kinds == 0 && f.Latency == 0:
		return fmt.Errorf("nothing goes wrong: give errcode, http_status, action or latency")
	case f.Times < 0:
		return fmt.Errorf("times %d is negative", f.Times)
	case f.AgentID < 0:
		return fmt.Errorf("agentid %d is negative", f.AgentID)
	}
	return nil
}

// matches asks about the member last, because only that needs the body.
func (f *Fault) matches(c *call) bool {
	if f.Call != c.name {
		return false
	}
	if f.CorpID == "" && f.AgentID == 0 && f.User == "" {
		return true
	}
	return (f.CorpID == "" || f.CorpID == c.corpID()) &&
		(f.AgentID == 0 || c.app != nil && f.AgentID == c.app.agentID) &&
		(f.User == "" || c.app != nil && c.addresses(f.User))
}

// corpID is of the corp whose app or robot calls, or empty.
func (c *call) corpID() string {
	switch {
	case c.app != nil:
		return c.app.corp.id
	case c.robot != nil:
		return c.robot.corp.id
	}
	return ""
}

// addresses says whether the message of c is for the member, even one it could not reach.
func (c *call) addresses(userID string) bool {
	named := func(id string) bool { return strings.EqualFold(id, userID) }
	reach := c.app.reachOf(c.readSending().targets)
	return slices.ContainsFunc(userIDs(reach.receivers), named) ||
		slices.ContainsFunc(userIDs(reach.unlicensed), named) ||
		slices.ContainsFunc(reach.invalidUsers, named)
}

// preempt does what happens before the call, and reports whether that was all.
func (f *Fault) preempt(c *call, w http.ResponseWriter) (done bool) {
	if !c.wait(f.Latency) || f.Action == DropBefore {
		panic(http.ErrAbortHandler)
	}
	switch {
	case f.HTTPStatus != 0:
		title := fmt.Sprintf("%d %s", f.HTTPStatus, http.StatusText(f.HTTPStatus))
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.HTTPStatus)
		fmt.Fprintf(w, "<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n</body>\r\n</html>\r\n", title)
	case f.ErrCode != 0:
		answer := refuse(f.ErrCode)
		if f.ErrMsg != "" {
			answer.ErrMsg = f.ErrMsg
		}
		c.write(w, answer)
	default:
		return false
	}
	return true
}

// faults are the faults in force. A counted one leaves the list when it is used up.
type faults struct {
	mu   sync.Mutex
	list []*Fault
	some atomic.Bool // list is not empty: most calls look no further
}

// take finds the fault that happens to c and counts it.
func (fs *faults) take(c *call) (f Fault, hit bool) {
	if !fs.some.Load() {
		return Fault{}, false
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.list {
		if !f.matches(c) {
			continue
		}
		taken := *f
		if f.Times == 1 {
			fs.list = slices.Delete(fs.list, i, i+1)
			fs.some.Store(len(fs.list) > 0)
		} else if f.Times > 1 {
			f.Times--
		}
		return taken, true
	}
	return Fault{}, false
}

func (fs *faults) replace(list []Fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = nil
	for _, f := range list {
		fs.list = append(fs.list, &f)
	}
	fs.some.Store(len(fs.list) > 0)
}
