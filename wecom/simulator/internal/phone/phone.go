// Package phone is the simulator's inbox page: a WeCom on the laptop, where one
// picks a member, sees what their phone shows, and presses the buttons of cards.
//
// The page is rendered on the server and complete without JavaScript; the
// scripts add what only a script can: new messages by themselves, unread
// badges, the filter box, the copy buttons and the clicks on cards. It loads
// nothing from outside and uses relative addresses only, so it works under any
// path prefix.
//
// Two addresses beside the page belong to the simulator, not to this package:
// the bytes of media at "_sim/media?corpid=…&media_id=…", and the clicks, which
// are posted to "_sim/click".
//
// An open page holds a stream, which is a request that does not end by itself.
// It ends when its request context does, and [http.Server.Shutdown] does not
// cancel that context: a server with this handler gives its requests a base
// context and cancels it when it stops.
//
//	ctx, stop := context.WithCancel(context.Background())
//	server := &http.Server{Handler: h, BaseContext: func(net.Listener) context.Context { return ctx }}
//	server.RegisterOnShutdown(stop)
package phone

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"time"
)

// Member is a person whose phone can be looked at. CorpID and UserID together
// are the identity; the names are for people and may be empty.
type Member struct{ CorpID, CorpName, UserID, Name string }

// Message is one message as it arrived. MsgID names it, among all, and is never
// empty: streams find their place by it. Body is the object of its type, for
// example {"content":"…"}; one that is still wrapped, {"text":{…}}, is read the
// same. It may be anything, even no JSON: the page then shows it as it is.
type Message struct {
	MsgID, CorpID string
	At            time.Time // shown in its own time zone
	AgentID       int
	AppName       string
	MsgType       string
	Body          json.RawMessage
	Users         []string // every member of the corp who got it
	Recalled      bool

	// The conversation of a group or of its robot; empty for what an app wrote
	// to the member alone.
	ChatID, ChatName string

	// What the member whose phone is asked for did with a card: the key of the
	// button they pressed, and the options they chose for each question_key.
	// Only [Source.Messages] fills them in.
	Clicked string
	Chosen  map[string][]string
}

// Media is what the page says of a picture, a voice, a video or a file.
type Media struct {
	Name, ContentType string
	Size              int64 // bytes
}

// Source is where the members and their messages are. All methods may be
// called by many requests at once.
type Source interface {
	// Members lists everybody; the page keeps the order and groups by corp.
	Members() []Member
	// Messages is what the member's phone shows, oldest first. The caller does
	// not change what it got.
	Messages(corpID, userID string) []Message
	// Subscribe tells of every new message, once Messages shows it; a slow
	// reader misses some, and never blocks a sender. A message that changed,
	// because it was recalled or clicked, may be told of again: the page then
	// draws it anew. The caller must call cancel.
	Subscribe() (messages <-chan Message, cancel func())
}

// Library is what a [Source] may be besides: one that knows the media its
// messages name. Without it the page says that the media is not there.
type Library interface {
	Media(corpID, mediaID string) (Media, bool)
}

// inbox is the handler's state: there is none but the source and the clock,
// which says only which messages are of today.
type inbox struct {
	src Source
	now func() time.Time
}

// Handler serves the page at "/", and its files and its stream under "/_phone/".
func Handler(src Source) http.Handler {
	return (&inbox{src: src, now: time.Now}).routes()
}

func (x *inbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", x.servePage)
	mux.HandleFunc("GET /_phone/events", x.serveEvents)
	mux.HandleFunc("GET /_phone/{file}", serveAsset)
	return guard(mux)
}

// policy lets the page load its own files and nothing else. Messages come from
// programs under test, so even markup that slipped through could do nothing.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// guard puts the security headers on every answer, and mends the one address
// under which relative links would break: a prefix without its slash.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		if r.URL.Path == "" {
			redirectToSlash(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// redirectToSlash sends "/prefix" to "/prefix/". [http.StripPrefix] has taken
// the prefix away, so it is read from the request line.
func redirectToSlash(w http.ResponseWriter, r *http.Request) {
	to := url.URL{Path: "./", RawQuery: r.URL.RawQuery}
	if asked, err := url.ParseRequestURI(r.RequestURI); err == nil {
		to.Path = "./" + path.Base(asked.Path) + "/"
	}
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusPermanentRedirect)
}
