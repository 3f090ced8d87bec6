package simulator

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom/callback"
)

// How WeCom calls an app (path/90238).
const (
	callbackAttempts = 3
	callbackPatience = 5 * time.Second // for one attempt, of real time
	maxReply         = 1 << 20         // bytes
)

// post takes the event to the app's callback URL and returns the passive reply, decrypted, or nil.
// Without a URL the recorder has it already.
func (s *WeCom) post(ctx context.Context, a *app, e *CallbackEvent) (reply []byte) {
	if a.callback.URL == "" {
		s.events.amend(e, func(e *CallbackEvent) { e.Delivered = true })
		return nil
	}
	crypto, err := callback.New(a.callback.Token, a.callback.AESKey, a.corp.id)
	if err != nil {
		panic("simulator: a world with a wrong aes_key: " + err.Error()) // World.Validate excludes it
	}
	for range callbackAttempts {
		body, attempt := postOnce(ctx, crypto, a, e.XML, s.Now())
		delivered := attempt.Error == ""
		s.events.amend(e, func(e *CallbackEvent) {
			e.Attempts = append(e.Attempts, attempt)
			e.Delivered = delivered
		})
		if delivered {
			return s.openReply(crypto, e, body)
		}
	}
	return nil
}

// postOnce seals the event anew, as WeCom does for every attempt.
func postOnce(ctx context.Context, crypto *callback.Crypto, a *app, plain string, now time.Time) (body []byte, attempt CallbackAttempt) {
	ctx, cancel := context.WithTimeout(ctx, callbackPatience)
	defer cancel()
	timestamp, nonce := strconv.FormatInt(now.Unix(), 10), strconv.Itoa(100_000_000+rand.IntN(1_900_000_000))
	sealed := crypto.Encrypt([]byte(plain))
	address, _ := url.Parse(a.callback.URL) // World.Validate parsed it
	query := address.Query()
	query.Set("msg_signature", crypto.Sign(timestamp, nonce, sealed))
	query.Set("timestamp", timestamp)
	query.Set("nonce", nonce)
	address.RawQuery = query.Encode()
	envelope, err := xml.Marshal(struct {
		XMLName    xml.Name `xml:"xml"`
		ToUserName cdata
		Encrypt    cdata
		AgentID    cdata
	}{ToUserName: cdata{a.corp.id}, Encrypt: cdata{sealed}, AgentID: cdata{strconv.Itoa(a.agentID)}})
	if err != nil {
		return nil, CallbackAttempt{Error: err.Error()}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), strings.NewReader(string(envelope)))
	if err != nil {
		return nil, CallbackAttempt{Error: err.Error()}
	}
	request.Header.Set("Content-Type", "text/xml")
	answer, err := straight.Do(request)
	if err != nil {
		return nil, CallbackAttempt{Error: withoutURL(err)}
	}
	defer answer.Body.Close()
	attempt.Status = answer.StatusCode
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxReply))
	switch {
	case err != nil:
		attempt.Error = withoutURL(err)
	case answer.StatusCode != http.StatusOK:
		attempt.Error = fmt.Sprintf("HTTP status %d, want 200", answer.StatusCode)
	}
	return body, attempt
}

// withoutURL leaves out the address, which carries a signature.
func withoutURL(err error) string {
	if wrapped, ok := err.(*url.Error); ok {
		err = wrapped.Err
	}
	return err.Error()
}

// openReply opens a passive reply. A wrong one is discarded, and the event is delivered all the same.
func (s *WeCom) openReply(crypto *callback.Crypto, e *CallbackEvent, body []byte) []byte {
	if text := strings.TrimSpace(string(body)); text == "" || text == "success" {
		return nil
	}
	plain, err := crypto.OpenReply(body)
	s.events.amend(e, func(e *CallbackEvent) {
		if err != nil {
			e.ReplyError = err.Error()
			return
		}
		e.Reply = string(plain)
	})
	return plain
}

// tellJobFinished sends upload_media_job_finish to the app. Nobody waits for the answer.
func (s *WeCom) tellJobFinished(a *app, jobID string) {
	if a.callback == nil {
		return
	}
	e := &CallbackEvent{At: s.Now(), CorpID: a.corp.id, AgentID: a.agentID, Event: "upload_media_job_finish", User: "sys", URL: a.callback.URL}
	e.XML = string(e.xml(jobID, nil))
	s.events.add(e)
	if a.callback.URL == "" {
		s.post(context.Background(), a, e)
		return
	}
	go s.post(context.Background(), a, e)
}
