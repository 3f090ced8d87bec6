package delivery

import "fmt"

// Status is how far a delivery has come. Its numbers are stored: they never change.
type Status uint8

const (
	Scheduled  Status = 1 // its program asked for a later time
	Queued     Status = 2 // it waits for its turn, for the first time or again
	Sending    Status = 3 // a request is on its way, or was when the gateway ended
	Sent       Status = 4 // WeCom took it for everybody
	PartlySent Status = 5 // WeCom took it, and named receivers who do not get it
	Refused    Status = 6 // WeCom or the gateway does not take it
	Expired    Status = 7 // its time ran out; it did not arrive
	Cancelled  Status = 8 // somebody cancelled it before it left
	Uncertain  Status = 9 // it is not known whether it arrived, and nothing is done about it
	Recalled   Status = 10
)

var statusNames = [...]string{
	Scheduled: "scheduled", Queued: "queued", Sending: "sending", Sent: "sent", PartlySent: "partly_sent",
	Refused: "refused", Expired: "expired", Cancelled: "cancelled", Uncertain: "uncertain", Recalled: "recalled",
}

// Statuses lists them all.
var Statuses = [...]Status{Scheduled, Queued, Sending, Sent, PartlySent, Refused, Expired, Cancelled, Uncertain, Recalled}

// String is the name of the status in the API.
func (s Status) String() string {
	if int(s) < len(statusNames) && statusNames[s] != "" {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// ParseStatus reads what String wrote.
func ParseStatus(name string) (Status, bool) {
	for _, s := range Statuses {
		if statusNames[s] == name {
			return s, true
		}
	}
	return 0, false
}

// steps is the whole state machine: where a delivery may go from where. Docs and tests walk it.
//
//	scheduled ─▶ queued ⇄ sending ─▶ sent | partly_sent | refused | uncertain | expired
//	    │           │                  │          │
//	    └───────────┴─▶ cancelled      └─▶ recalled ◀┘
//	                    expired, refused, uncertain (a queued one whose fate is not known)
var steps = map[Status][]Status{
	Scheduled:  {Queued, Sending, Cancelled, Expired, Refused},
	Queued:     {Sending, Cancelled, Expired, Refused, Uncertain},
	Sending:    {Queued, Sent, PartlySent, Refused, Expired, Uncertain},
	Sent:       {Recalled},
	PartlySent: {Recalled},
}

// Next lists where a delivery may go from s.
func (s Status) Next() []Status { return steps[s] }

// May reports whether a delivery may go from s to next.
func (s Status) May(next Status) bool {
	for _, allowed := range steps[s] {
		if allowed == next {
			return true
		}
	}
	return false
}

// Final reports whether nothing more happens to the delivery by itself.
func (s Status) Final() bool { return s >= Sent }

// Summary is the status of a message whose deliveries have these. While one of them is on its way,
// it is that of the one that is furthest on; then it is theirs if they agree, and what a reader must
// know most if they do not: that something is uncertain, else that it was sent in part.
func Summary(statuses []Status) Status {
	var open, first Status
	same, sent, uncertain := true, false, false
	for i, s := range statuses {
		if !s.Final() {
			open = max(open, s)
		}
		if i == 0 {
			first = s
		}
		same = same && s == first
		sent = sent || s == Sent || s == PartlySent
		uncertain = uncertain || s == Uncertain
	}
	switch {
	case open != 0:
		return open
	case same:
		return first
	case uncertain:
		return Uncertain
	case sent:
		return PartlySent
	}
	return Refused
}
