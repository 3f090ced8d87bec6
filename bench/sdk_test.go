package bench

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

const (
	user    = "zhangsan"
	content = "订单 4711 已发货，预计明天 18:00 前送达。\n物流单号 SF1234567890123，请注意查收。"
)

func sdkClient(tb testing.TB, baseURL string) *wecom.Client {
	client, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "s", BaseURL: baseURL})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

// BenchmarkSend compares allocations and bytes of one send. Those of the server are in both, since
// it runs in the same process; run with -benchtime 20000x so that both make the same number.
func BenchmarkSend(b *testing.B) {
	srv := httptest.NewServer(&Server{})
	b.Cleanup(srv.Close)
	client := sdkClient(b, srv.URL)
	m := wecom.Message{To: wecom.To{Users: []string{user}}, Body: wecom.Text{Content: content}}
	careful := NewCareful(srv.URL, Token, 1000002)
	b.Cleanup(careful.Close)
	for _, who := range []struct {
		name string
		send func(context.Context) error
	}{
		{"sdk", func(ctx context.Context) error { _, err := client.Send(ctx, m); return err }},
		{"careful", func(ctx context.Context) error { _, err := careful.Send(ctx, user, content); return err }},
	} {
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

// BenchmarkCachedToken is what a send pays for its token: target under 50 ns and no allocation.
func BenchmarkCachedToken(b *testing.B) {
	srv := httptest.NewServer(&Server{})
	b.Cleanup(srv.Close)
	client := sdkClient(b, srv.URL)
	ctx := b.Context()
	if _, err := client.Token(ctx, ""); err != nil {
		b.Fatal(err)
	}
	b.Run("one caller", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = client.Token(ctx, "")
		}
	})
	b.Run("all cores", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, _ = client.Token(ctx, "")
			}
		})
	})
}
