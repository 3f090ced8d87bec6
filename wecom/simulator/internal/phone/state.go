package phone

import (
	"fmt"
	"hash/fnv"
)

// position is the index of the message, or -1. It is usually near the end.
func position(all []Message, msgid string) int {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].MsgID == msgid {
			return i
		}
	}
	return -1
}

// stateOf tells apart what was drawn before something changed and after: it
// covers recalls, clicks and new bodies (by their length: it runs at each event).
func stateOf(messages []Message) uint64 {
	h := fnv.New64a()
	for _, m := range messages {
		fmt.Fprintf(h, "%t %d %q %v ", m.Recalled, len(m.Body), m.Clicked, m.Chosen)
	}
	return h.Sum64()
}
