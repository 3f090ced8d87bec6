package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

// bare is what a handler would do that knows nothing but this message.
func bare(w http.ResponseWriter, r *http.Request) {
	var in struct {
		App string `json:"app"`
		To  struct {
			Users []string `json:"users"`
		} `json:"to"`
		MsgType string `json:"msgtype"`
		Text    struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]string{"id": "msg_00000000001", "status": "queued"})
}

// accepts takes everything and keeps nothing.
type accepts struct {
	Intake // the rest of it, which is not called
	key    access.Key
}

func (accepts) Accept(_ context.Context, r delivery.Request) (*delivery.Message, bool, error) {
	return &delivery.Message{ID: 1, Sender: r.Sender, Accepted: at(now), Expires: at(now), Deliveries: []delivery.Delivery{{
		ID: delivery.ID{Message: 1}, Status: delivery.Sending, Attempts: 1, Started: at(now), Content: r.Content,
	}}}, false, nil
}
func (a *accepts) Find(context.Context, access.Hash) (*access.Key, error) { return &a.key, nil }
func (accepts) Used(context.Context, map[int64]time.Time) error           { return nil }
func (accepts) Rest(delivery.Sender) (delivery.Rest, bool)                { return delivery.Rest{}, false }
func (accepts) Slowed(delivery.Sender) delivery.Rest                      { return delivery.Rest{} }

func benchmarked() (handlers map[string]http.Handler, body string) {
	a := &accepts{key: access.Key{ID: 1, Name: "bench", Scopes: []access.Scope{access.Send}}}
	api := New(Config{Intake: a, Keys: a, Rests: a, Log: slog.New(slog.DiscardHandler)})
	return map[string]http.Handler{"api": api, "bare": http.HandlerFunc(bare)}, messageWith("text", `{"content":"`+strings.Repeat("磁盘已满 ", 40)+`"}`)
}

func request(url, body string) *http.Request {
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer hy_0123456789abcdefghijklmnopqrstuvwxyz0123456")
	return r
}

// BenchmarkHandler is the work of the handler alone.
func BenchmarkHandler(b *testing.B) {
	handlers, body := benchmarked()
	for name, handler := range handlers {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := request("/v1/messages", body)
			data, reader := []byte(body), bytes.NewReader(nil)
			out := &discard{header: http.Header{}}
			for b.Loop() {
				reader.Reset(data)
				r.Body = io.NopCloser(reader)
				clear(out.header)
				if handler.ServeHTTP(out, r); out.status != http.StatusAccepted {
					b.Fatalf("HTTP %d", out.status)
				}
			}
		})
	}
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header             { return d.header }
func (d *discard) WriteHeader(status int)          { d.status = status }
func (d *discard) Write(p []byte) (int, error)     { return len(p), nil }
func (d *discard) SetReadDeadline(time.Time) error { return nil }

// BenchmarkOverHTTP is the rate of 64 connections, with their client in the same process.
func BenchmarkOverHTTP(b *testing.B) {
	handlers, body := benchmarked()
	for name, handler := range handlers {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler)
			defer server.Close()
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
			defer client.CloseIdleConnections()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					resp, err := client.Do(request(server.URL+"/v1/messages", body))
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if resp.StatusCode != http.StatusAccepted {
						b.Errorf("HTTP %d", resp.StatusCode)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
