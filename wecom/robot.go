package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	opRobotSend   = "webhook/send"
	opRobotUpload = "webhook/upload_media"
)

// RobotConfig describes a robot in a group chat (群机器人, 消息推送). Key is required. It prints and
// logs without the key.
type RobotConfig struct {
	// Key is the robot's key, or the whole webhook address as the group shows it, whose host and path
	// prefix then stand for BaseURL if that is "". Who has it can write to the group: it is a secret.
	Key string

	BaseURL    string        // as in Config
	Proxy      string        // as in Config
	MaxConns   int           // as in Config
	HTTPClient *http.Client  // as in Config
	Timeout    time.Duration // as in Config
	Media      MediaCache    // as in Config; what a robot uploads is its own, and kept apart
	Observer   Observer      // as in Config; it is told of calls only
}

// Robot writes to the one group that it is in (path/99110). It needs no app, no token and no trusted
// IP. It is safe for concurrent use, and meant to be made once and kept.
type Robot struct {
	caller
	id    string // tells robots apart without giving the key away
	media *mediaStore
}

// NewRobot returns the robot that config describes, or a *[ConfigError]. It asks nobody: a wrong key
// shows at the first message (93000).
func NewRobot(config RobotConfig) (*Robot, error) {
	key, baseURL, err := splitWebhook(config.Key)
	if err != nil {
		return nil, err
	}
	app := Config{
		CorpID: "robot", Secret: key, BaseURL: orDefault(config.BaseURL, baseURL), Proxy: config.Proxy,
		MaxConns: config.MaxConns, HTTPClient: config.HTTPClient, Timeout: config.Timeout, Observer: config.Observer,
	}
	calls, err := newRobotCaller(app)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte("hongyan robot\x00" + key))
	r := &Robot{caller: calls, id: hex.EncodeToString(sum[:6])}
	r.media = newMediaStore(config.Media, "robot-"+r.id, r.host, r.uploadForm)
	return r, nil
}

func newRobotCaller(app Config) (caller, error) {
	err := app.check()
	if err == nil {
		var calls caller
		if calls, err = newCaller(app); err == nil {
			return calls, nil
		}
	}
	if wrong, ok := err.(*ConfigError); ok {
		wrong.of = robotConfig
	}
	return caller{}, err
}

const robotConfig = "RobotConfig"

// splitWebhook returns the key of a webhook address, and what stands before /cgi-bin in it. A key
// alone is taken as it is. Other parameters, such as a stray access_token, are dropped.
func splitWebhook(given string) (key, baseURL string, err error) {
	wrong := func(detail string) error { return &ConfigError{Field: "Key", Detail: detail, of: robotConfig} }
	given = strings.TrimSpace(given)
	key = given
	if strings.Contains(given, "/") {
		u, err := url.Parse(given)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return "", "", wrong("is neither a key nor an address that begins with https://")
		}
		prefix, ok := strings.CutSuffix(u.Path, "/cgi-bin/"+opRobotSend)
		if !ok {
			return "", "", wrong("is an address, but not one that ends in /cgi-bin/webhook/send?key=…")
		}
		key = u.Query().Get("key")
		baseURL = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: prefix}).String()
	}
	switch {
	case given == "":
		return "", "", wrong("is empty: it stands in the webhook address that the group shows for the robot")
	case key == "":
		return "", "", wrong("is an address without a key in it")
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("?&=#%", r) }):
		return "", "", wrong("has characters in it that no key has; give the key or the whole address")
	}
	return key, baseURL, nil
}

// Send writes to the group (path/99110). WeCom gives the message no msgid: it cannot be recalled.
// A file that the body brings along is uploaded first, unless it was before.
//
// A robot may send 20 messages a minute (45009): the limit is the caller's to keep. Errors are told
// as by [Client.Send]; 93000 says that the key is wrong or the robot gone.
func (b *Robot) Send(ctx context.Context, m RobotMessage) error {
	m, err := m.prepared()
	if err != nil {
		return err
	}
	return b.media.deliver(ctx, m.Body, func(body Body) error {
		m.Body = body
		content, err := m.encode()
		if err != nil {
			return err
		}
		var a status
		return b.call(ctx, &request{op: opRobotSend, body: content, answer: &a})
	})
}

// Upload uploads a file for messages of this robot within 3 days (path/99110): a [MediaFile] of at
// most 20 MB, or a [MediaVoice] of at most 2 MB. For r see [Client.Upload].
func (b *Robot) Upload(ctx context.Context, kind MediaType, name string, r io.Reader) (Uploaded, error) {
	if kind != MediaFile && kind != MediaVoice {
		return Uploaded{}, invalid("upload", FieldError{
			Field: "type", Problem: NotKnown, Detail: fmt.Sprintf("given %.40q, robots upload file and voice", string(kind)),
		})
	}
	f, err := fromReader(kind, string(kind), mediaRules[kind], name, r)
	if err != nil {
		return Uploaded{}, err
	}
	return b.uploadForm(ctx, kind, f.form())
}

func (b *Robot) uploadForm(ctx context.Context, kind MediaType, f *form) (Uploaded, error) {
	var a uploadAnswer
	err := b.call(ctx, &request{op: opRobotUpload, query: "type=" + string(kind), form: f, answer: &a})
	return b.uploaded(opRobotUpload, &a, err)
}

// call makes a request with the robot's key.
func (b *Robot) call(ctx context.Context, q *request) error {
	q.method, q.credential = http.MethodPost, "key="+url.QueryEscape(b.secret)
	return b.do(ctx, q)
}

// CloseIdleConnections closes the connections that are not in use just now. A robot needs no other
// end.
func (b *Robot) CloseIdleConnections() { b.http.CloseIdleConnections() }
