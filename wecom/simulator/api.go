package simulator

import (
	"bytes"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// calls are the API calls of WeCom that the simulator knows, by their path below /cgi-bin/. The same
// names are used in faults and in counters.
var calls = map[string]func(*call) reply{
	"gettoken": getToken,

	"message/send":                 needsToken(sendMessage),
	"message/recall":               needsToken(withObject(recallMessage)),
	"message/get_statistics":       needsToken(getStatistics),
	"message/update_template_card": needsToken(withObject(updateTemplateCard)),
	"message/update_taskcard":      needsToken(withObject(updateTaskCard)),

	"media/upload":                   needsToken(uploadMedia),
	"media/uploadimg":                needsToken(uploadPicture),
	"media/get":                      needsToken(getMedia),
	"media/get/jssdk":                needsToken(getVoice),
	"media/upload_by_url":            needsToken(withObject(uploadByURL)),
	"media/get_upload_by_url_result": needsToken(withObject(getUploadResult)),

	"appchat/create": needsToken(withObject(createChat)),
	"appchat/update": needsToken(withObject(updateChat)),
	"appchat/get":    needsToken(getChat),
	"appchat/send":   needsToken(withObject(sendToChat)),

	"webhook/send":         sendByRobot,
	"webhook/upload_media": uploadByRobot,

	"user/get":                 needsToken(getUser),
	"user/getuserid":           needsToken(withObject(getUserByMobile)),
	"user/get_userid_by_email": needsToken(withObject(getUserByEmail)),
	"department/simplelist":    needsToken(listParties),
	"tag/list":                 needsToken(listTags),
	"tag/get":                  needsToken(getTag),
	"agent/get":                needsToken(getAgent),
	"agent/list":               needsToken(listAgents),
	"get_api_domain_ip":        needsToken(getDomainIPs),
	"getcallbackip":            needsToken(getCallbackIPs),
	"get_jsapi_ticket":         needsToken(getCorpTicket),
	"ticket/get":               needsToken(getAppTicket),
}

// uploads are the calls whose body is a file. They read it themselves, part by part.
var uploads = map[string]bool{"media/upload": true, "media/uploadimg": true, "webhook/upload_media": true}

func isCall(name string) bool { return calls[name] != nil }

// call is one request to the API on its way through the simulator.
type call struct {
	sim       *WeCom
	name      string
	request   *http.Request
	query     url.Values
	directory *directory // one world from beginning to end
	ip        string     // of the caller, as WeCom would see it
	app       *app       // nil while nothing says which app calls
	robot     *robot     // of webhook calls, or nil
	tokenCode int        // what is wrong with the access_token, or 0
	body      []byte
	tooLarge  bool // there was more than body
}

// maxBody is above the largest call that WeCom describes, an mpnews of eight articles of 666 KB.
const maxBody = 8 << 20

// serveAPI takes one call from its path to its answer. Faults come before every check, so that they
// happen to every request they match.
func (s *WeCom) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	serve, ok := calls[name]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	s.stats.calls[name].Add(1)
	c := s.newCall(name, r)
	fault, hit := s.faults.take(c)
	if hit && fault.preempt(c, w) {
		return
	}
	answer := serve(c)
	if hit && fault.Action == DropAfter {
		panic(http.ErrAbortHandler)
	}
	c.write(w, answer)
}

func (s *WeCom) newCall(name string, r *http.Request) *call {
	c := &call{sim: s, name: name, request: r, query: r.URL.Query(), directory: s.directory.Load(), ip: callerIP(r)}
	if !uploads[name] {
		c.body, c.tooLarge = readBody(r)
	}
	if name == "gettoken" {
		if corp := c.directory.corps[c.query.Get("corpid")]; corp != nil {
			c.app = corp.bySecret[c.query.Get("corpsecret")]
		}
	} else if strings.HasPrefix(name, "webhook/") {
		c.robot = c.directory.robots[c.query.Get("key")] // an access_token says nothing here
	} else if value := c.query.Get("access_token"); value == "" {
		c.tokenCode = codeTokenMissing
	} else {
		c.app, c.tokenCode = s.tokens.find(value, c.directory, s.Now())
	}
	return c
}

// needsToken puts the checks common to all business calls before serve: token missing, unknown,
// expired, caller not trusted, call not allowed to the app. The token counts in the query only; a header is not looked at.
func needsToken(serve func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		if c.tokenCode != 0 {
			return refuse(c.tokenCode)
		}
		if ip, _ := netip.ParseAddr(c.ip); !c.app.trusts(ip) {
			return refuse(codeUntrustedIP)
		}
		if c.app.forbidden[c.name] {
			return refuse(codeForbidden)
		}
		if c.tooLarge {
			return refuse(codeContentTooLarge)
		}
		return serve(c)
	}
}

func (c *call) now() time.Time { return c.sim.Now() }

// reading is what a body of this call is read with.
func (c *call) reading() reading {
	r := reading{app: c.app, strict: c.directory.world.Strict, media: &c.sim.media, clock: &c.sim.clock}
	if c.robot != nil {
		r.shelf = robotShelf(c.robot.key)
	} else if c.app != nil {
		r.shelf = c.app.corp.shelf
	}
	return r
}

// wait pauses for d of real time, and reports false at once if the client leaves.
func (c *call) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.request.Context().Done():
		return false
	}
}

// readBody reads up to maxBody and always to the end of what it accepts: only then does net/http
// notice a client that leaves.
func readBody(r *http.Request) (body []byte, tooLarge bool) {
	if r.Body == nil {
		return nil, false
	}
	var b bytes.Buffer
	if n := r.ContentLength; n > 0 {
		b.Grow(int(min(n, 64<<10)) + bytes.MinRead)
	}
	// A body that breaks off is a client that is gone: whatever is answered, nobody reads it.
	if n, err := b.ReadFrom(io.LimitReader(r.Body, maxBody+1)); err != nil {
		panic(http.ErrAbortHandler)
	} else if n > maxBody {
		return nil, true
	}
	return b.Bytes(), false
}

// callerIP is the host of the peer's address. Headers that name another are not believed, as WeCom
// does not.
func callerIP(r *http.Request) string {
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return a.Addr().Unmap().WithZone("").String()
	}
	return "0.0.0.0" // not reached over IP
}
