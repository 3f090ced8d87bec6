package phone

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// The world a simulator starts with.
const (
	defaultCorp   = "ww0000000000000001"
	defaultAgent  = "1000002"
	defaultSecret = "sim-secret-1000002"
)

// hello is how to send the first message to a member: commands to copy.
type hello struct {
	Curl, CLI string
	Own       bool // not the world's own app: agent ID and secret are to be filled in
}

// helloTo writes the commands against the address the page was asked at.
func helloTo(r *http.Request, l lang, corp, user string) hello {
	h := hello{Own: corp != "" && corp != defaultCorp}
	agent, secret := defaultAgent, defaultSecret
	if h.Own {
		agent, secret = "AGENTID", "SECRET"
	}
	if !plainWord.MatchString(corp) {
		corp = defaultCorp
	}
	if !plainWord.MatchString(user) {
		user = "@all"
	}
	base, text := baseURL(r), l.say("hello_text")
	quoted, _ := json.Marshal(text) // a string always has a JSON form
	h.Curl = `TOKEN=$(curl -s '` + base + `/cgi-bin/gettoken?corpid=` + corp + `&corpsecret=` + secret + `' |
  sed 's/.*"access_token" *: *"\([^"]*\)".*/\1/')
curl -s "` + base + `/cgi-bin/message/send?access_token=$TOKEN" \
  -H 'Content-Type: application/json' -d '{
  "touser": "` + user + `", "msgtype": "text", "agentid": ` + agent + `,
  "text": {"content": ` + string(quoted) + `}
}'`
	// The secret goes by the environment: a flag would show it in the list of processes.
	h.CLI = `HONGYAN_SECRET=` + secret + ` hongyan send \
  --base-url ` + base + ` --corp-id ` + corp + ` --agent-id ` + agent + ` \
  --to ` + user + ` "` + text + `"`
	return h
}

// What may stand in a command without quoting. The address and the IDs come
// from outside, and people paste these commands into a shell.
var (
	plainWord = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	plainHost = regexp.MustCompile(`^[A-Za-z0-9.\[\]:-]+$`)
	plainPath = regexp.MustCompile(`^[A-Za-z0-9/_.~-]*$`)
)

// baseURL is the simulator's own address as the browser sees it, with the
// prefix it is mounted under and no slash at the end.
func baseURL(r *http.Request) string {
	scheme, host, prefix := "http://", r.Host, ""
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https://"
	}
	if !plainHost.MatchString(host) {
		host = "127.0.0.1:9480"
	}
	if asked, err := url.ParseRequestURI(r.RequestURI); err == nil && plainPath.MatchString(asked.Path) {
		prefix = asked.Path[:max(0, strings.LastIndexByte(asked.Path, '/'))]
	}
	return scheme + host + prefix
}
