package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	testToken    = "t0ken/+=value"
	testPassword = "proxypassword"
)

// leaks returns which secrets stand in a text, as they are or as in a query.
func leaks(text string) []string {
	var found []string
	for _, s := range []string{testSecret, testToken, testPassword} {
		if strings.Contains(text, s) || strings.Contains(text, url.QueryEscape(s)) {
			found = append(found, s)
		}
	}
	return found
}

// everyVerb prints v in every way that a program might.
func everyVerb(v any) string {
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
	switch v.(type) {
	case StoredToken, *StoredToken, Claim, *Claim, Want: // what stores exchange, and may keep as JSON
	default:
		j, _ := json.Marshal(v)
		b.Write(j)
	}
	return b.String()
}

func TestNothingPrintsItsSecret(t *testing.T) {
	config := Config{
		CorpID: "ww1", AgentID: 1, Secret: testSecret, BaseURL: "http://127.0.0.1:1",
		Proxy: "http://user:" + testPassword + "@127.0.0.1:1/",
	}
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	client.tokens.(*tokenCache).land(StoredToken{Value: testToken, ExpiresAt: time.Now().Add(time.Hour)}, false, Want{})
	store := NewMemoryStore()
	claim, _ := store.Acquire(t.Context(), "k", Want{}, time.Minute)
	stored := StoredToken{Value: testToken, ExpiresAt: time.Now().Add(time.Hour), Fence: claim.Fence}
	if saved, _ := store.Save(t.Context(), "k", stored); !saved {
		t.Fatal("not saved")
	}
	for _, v := range []any{
		config, &config, client, *client, stored, &stored, store, Want{Not: testToken}, Claim{Token: stored}, &Claim{Token: stored},
		[]Config{config}, map[string]any{"config": config, "client": client}, struct{ C *Client }{client},
		fmt.Errorf("while sending for %v: %+v", client, config),
	} {
		if found := leaks(everyVerb(v)); found != nil {
			t.Errorf("%T prints %v", v, found)
		}
	}
	if s := config.String(); !strings.Contains(s, "ww1") || !strings.Contains(s, redacted) {
		t.Errorf("Config prints as %s", s)
	}
	if got := fmt.Sprint((*Client)(nil)); got != "<nil>" {
		t.Errorf("a nil client prints as %s", got)
	}
}

// chatty is what other people's RoundTrippers do: their errors quote the whole request.
type chatty struct{ cause error }

func (c chatty) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%s %s (query %v): %w", r.Method, r.URL, r.URL.Query(), c.cause)
}

// Every way in which a call can fail, looked through for secrets.
func TestNoErrorTellsASecret(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"errcode":40058,"errmsg":"bad query %s and %s"}`, r.URL.RawQuery, r.URL.Query())
	}
	page := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://login.example.com/?back="+url.QueryEscape(r.URL.String()))
		w.WriteHeader(http.StatusFound)
		fmt.Fprintf(w, "<title>%s %s</title>", r.URL, r.URL.Query())
	}
	for name, handler := range map[string]http.HandlerFunc{
		"echo": echo, "page": page, "drop": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		s := newStub(t, handler)
		bySource := s.client(t, func(c *Config) { c.TokenSource = fixedToken(testToken) })
		_, err := bySource.Send(t.Context(), hello)
		if found := leaks(everyVerb(err)); err == nil || found != nil {
			t.Errorf("%s of message/send: %v in %+v", name, found, err)
		}
	}
	for _, cause := range []error{errors.New("broken"), context.Canceled, context.DeadlineExceeded} {
		c, err := New(Config{CorpID: "ww1", AgentID: 1, Secret: testSecret, HTTPClient: &http.Client{Transport: chatty{cause}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(t.Context(), hello)
		if found := leaks(everyVerb(err)); err == nil || found != nil {
			t.Errorf("gettoken: %v in %+v", found, err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if found := leaks(everyVerb(e)); found != nil {
				t.Errorf("gettoken, unwrapped: %v in %+v", found, e)
			}
		}
		if cause != nil && errors.Is(cause, context.Canceled) != errors.Is(err, context.Canceled) {
			t.Errorf("%v cannot be told from %v", cause, err)
		}
	}
}
