package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/hongyan-im/hongyan/bench"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// play is what a process does that the program started.
func play(role string) {
	switch role {
	case "bare":
		serve(http.HandlerFunc(bare))
	case "wecom":
		latency := hear[time.Duration]()
		next := &bench.Server{}
		http.HandleFunc("/sends", func(w http.ResponseWriter, _ *http.Request) { answer(w, next.Sends.Load()) })
		serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if latency > 0 {
				time.Sleep(latency) // WeCom's, on its side
			}
			next.ServeHTTP(w, r)
		}))
	case "simulator":
		sim := simulator.New(simulator.WithWorld(largeWorld()), simulator.WithMaxMessages(1000))
		http.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) { answer(w, sim.Stats()) })
		serve(sim)
	case "gateway":
		runGateway()
	case "inside":
		runInside()
	case "claims":
		runClaims()
	default:
		log.Fatalf("no role %q", role)
	}
}

func serve(handler http.Handler) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() { log.Fatal(http.Serve(listener, handler)) }()
	present(about{URL: "http://" + listener.Addr().String()})
}

// bare is what a handler does that knows nothing but this message, and keeps nothing.
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
		Delay string `json:"delay"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&in); err != nil || in.App == "" || in.Text.Content == "" {
		http.Error(w, "no message", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]string{"id": "msg_00000000001", "status": "queued"})
}

// largeWorld has so many members, and so high a cap, that no quota is met.
func largeWorld() simulator.World {
	w := simulator.DefaultWorld()
	c := &w.Corps[0]
	c.AccountCap = 10_000_000
	for i := range members {
		c.Users = append(c.Users, simulator.User{UserID: member(int64(i)), Name: fmt.Sprint("成员", i), Parties: []int{2}})
	}
	return w
}
