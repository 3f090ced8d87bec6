package bench

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// Token is the one that [Server] gives out and never refuses.
var Token = strings.Repeat("t", 200)

var (
	tokenAnswer = `{"errcode":0,"errmsg":"ok","access_token":"` + Token + `","expires_in":7200}`
	sendAnswer  = `{"errcode":0,"errmsg":"ok","msgid":"` + strings.Repeat("m", 90) + `"}`
)

// Server is a WeCom without latency and without state, the least that a server can do: what is
// measured against it is the client.
type Server struct {
	Chunked   bool // message/send answers in two pieces, without a length
	Gettokens atomic.Int64
	Sends     atomic.Int64
}

// ServeHTTP answers gettoken and message/send.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if strings.HasSuffix(r.URL.Path, "/gettoken") {
		s.Gettokens.Add(1)
		_, _ = io.WriteString(w, tokenAnswer)
		return
	}
	s.Sends.Add(1)
	if !s.Chunked {
		_, _ = io.WriteString(w, sendAnswer)
		return
	}
	_, _ = io.WriteString(w, sendAnswer[:20])
	w.(http.Flusher).Flush()
	_, _ = io.WriteString(w, sendAnswer[20:])
}
