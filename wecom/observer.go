package wecom

import "time"

// Observer is told what a client does, for metrics and traces. Its methods are called by the
// goroutine that did it: they return quickly, and do not call the client. What they are told has no
// secret and nothing of a message in it.
type Observer interface {
	// ObserveCall is told of every request to WeCom that has ended, those that are repeated with
	// another token among them.
	ObserveCall(CallEvent)
	// ObserveToken is told of every refresh of the token that has ended.
	ObserveToken(TokenEvent)
}

// CallEvent is a request to WeCom that has ended.
type CallEvent struct {
	Op   string // such as "message/send", "gettoken" or "webhook/send": a small set of names
	Took time.Duration
	Err  error // nil, an *[Error] or a *[TransportError]
}

// TokenCause says why a client needed another token.
type TokenCause string

// The causes.
const (
	CauseMissing TokenCause = "missing" // the first, or the last one's life had ended
	CauseRefused TokenCause = "refused" // WeCom refused it before its end
	CauseRenewal TokenCause = "renewal" // it was to end soon; it served meanwhile
)

// TokenOrigin says where a token came from.
type TokenOrigin string

// The origins.
const (
	OriginFetched TokenOrigin = "fetched" // this client called gettoken, under the store's lease
	OriginShared  TokenOrigin = "shared"  // the store had it: another client fetched it
	OriginAlone   TokenOrigin = "alone"   // this client called gettoken, because the store is away
)

// TokenEvent is a refresh of the token that has ended.
type TokenEvent struct {
	Cause  TokenCause
	Origin TokenOrigin // "" if there was an error
	Took   time.Duration
	Err    error
}
