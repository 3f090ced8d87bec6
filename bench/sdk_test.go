package bench

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

const (
	user    = "zhangsan"
	content = "订单 4711 已发货，预计明天 18:00 前送达。\n物流单号 SF1234567890123，请注意查收。"
)

// answering is a WeCom with no latency and no state: the least that a server can do.
func answering(chunked bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		if strings.HasSuffix(r.URL.Path, "/gettoken") {
			_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok","access_token":"`+strings.Repeat("t", 200)+`","expires_in":7200}`)
			return
		}
		answer := `{"errcode":0,"errmsg":"ok","msgid":"` + strings.Repeat("m", 90) + `"}`
		if chunked {
			_, _ = io.WriteString(w, answer[:20])
			w.(http.Flusher).Flush()
			answer = answer[20:]
		}
		_, _ = io.WriteString(w, answer)
	})
}

type sender func(ctx context.Context) error

func sdkSender(tb testing.TB, srv *httptest.Server) sender {
	client, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "s", BaseURL: srv.URL})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	m := wecom.Message{To: wecom.To{Users: []string{user}}, Body: wecom.Text{Content: content}}
	return func(ctx context.Context) error {
		_, err := client.Send(ctx, m)
		return err
	}
}

func carefulSender(tb testing.TB, srv *httptest.Server) sender {
	c := newCareful(srv.URL, strings.Repeat("t", 200), 1000002, &http.Transport{})
	tb.Cleanup(c.http.CloseIdleConnections)
	return func(ctx context.Context) error {
		_, err := c.send(ctx, user, content)
		return err
	}
}

// BenchmarkSend compares allocations and bytes of one send; the server's own are in both.
func BenchmarkSend(b *testing.B) {
	srv := httptest.NewServer(answering(false))
	b.Cleanup(srv.Close)
	for _, who := range []struct {
		name string
		send sender
	}{{"sdk", sdkSender(b, srv)}, {"careful", carefulSender(b, srv)}} {
		b.Run(who.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := who.send(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
