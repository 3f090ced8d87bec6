package simulator

import "sync"

// corpLedger is what WeCom remembers of one corp beyond its directory: its group chats and what it
// has used of the limits per corp. It survives a change of the world.
type corpLedger struct {
	chats chats

	chatsCreated, chatsChanged pace // path/90245, path/98913
	chatMinute, chatHour       pace // person-deliveries to group chats, path/90248

	pictures pace // of media/uploadimg, path/90256

	ticket ticket // of get_jsapi_ticket

	mu     sync.Mutex
	misses map[string]*dayCount // by call: mobiles and addresses that nobody has
}

func newCorpLedger() *corpLedger {
	return &corpLedger{misses: map[string]*dayCount{}}
}
