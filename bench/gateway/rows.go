package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

func address(p *process) string { return strings.TrimPrefix(p.about.URL, "http://") }

// measureAccept is the way in alone: what is accepted has a delay, so that nothing is sent meanwhile.
func measureAccept(s *settings) []row {
	dir, remove := s.tempDir()
	defer remove()
	bare := start("bare", nil)
	defer bare.stop()
	gateway := start("gateway", gatewayConfig{Database: filepath.Join(dir, "hongyan.db"), WeCom: "http://127.0.0.1:1", Workers: 64})
	defer gateway.stop()
	theirs := poster{addr: address(bare), fields: `,"delay":"1h"`, want: "202"}
	ours := theirs
	ours.addr, ours.key = address(gateway), gateway.about.Key
	ours.round(gateway, s.messages/4)
	theirs.round(bare, s.messages/4)
	gateway.profiled(s, "accept", func() { ours.round(gateway, 4*s.messages) })
	r := inTurns(s.rounds,
		func() round { return ours.round(gateway, s.messages) },
		func() round { return theirs.round(bare, s.messages) })
	a, b := r[0], r[1]
	return []row{
		{"durable accept over HTTP, 64 connections, against a handler that decodes the same JSON", percent(a.rate(), b.rate()),
			perSecond(a.rate()) + " of " + perSecond(b.rate()), fmt.Sprintf("CPU: %.0f µs a message, the handler's %.0f µs", a.cpu(), b.cpu())},
		{"same, p99", times(float64(a.p99()), float64(b.p99())), ms(a.p99()) + " and " + ms(b.p99()), "the queue for CPU and for the shared commit"},
	}
}

// measureDeliver is the whole way, to a WeCom that answers at once, against a loop that only sends.
func measureDeliver(s *settings) []row {
	var rows []row
	for _, kind := range []string{"simulator", "wecom"} {
		rows = append(rows, deliverTo(s, kind)...)
	}
	return rows
}

func deliverTo(s *settings, kind string) []row {
	dir, remove := s.tempDir()
	defer remove()
	upstream := start(kind, 0)
	defer upstream.stop()
	gateway := start("gateway", gatewayConfig{Database: filepath.Join(dir, "hongyan.db"), WeCom: upstream.about.URL, Workers: s.workers})
	defer gateway.stop()
	within := start("inside", insideConfig{Database: filepath.Join(dir, "inside.db"), WeCom: upstream.about.URL, Workers: s.workers})
	defer within.stop()
	p := poster{addr: address(gateway), key: gateway.about.Key, want: "202"}
	overHTTP := func() round {
		before, began := gateway.usage().CPU, time.Now()
		p.post(s.messages, 64, 0)
		settled(gateway)
		return roundOf(s.messages, time.Since(began), gateway.usage().CPU-before)
	}
	inProcess := func() round {
		before := within.usage().CPU
		var took time.Duration
		within.ask(fmt.Sprintf("/deliver?n=%d", s.messages), &took)
		return roundOf(s.messages, took, within.usage().CPU-before)
	}
	loop := newLoop(upstream.about.URL, 64)
	overHTTP()
	inProcess()
	loop(s.messages / 4)
	gateway.profiled(s, "deliver-"+kind, func() { overHTTP(); overHTTP() })
	within.profiled(s, "inside-"+kind, func() { inProcess(); inProcess() })
	r := inTurns(s.rounds, overHTTP, inProcess, func() round { return loop(s.messages) })
	wantQuiet(filepath.Join(dir, "hongyan.db"))
	if kind == "simulator" {
		wantAllDelivered(upstream)
	}
	if end := settled(gateway); end.Sent != end.Settled {
		giveUp("%d of %d messages were sent", end.Sent, end.Settled)
	}
	to := map[string]string{"simulator": "the simulator", "wecom": "a server that only answers"}[kind]
	describe := func(what string, a rounds) row {
		return row{what, percent(a.rate(), r[2].rate()), perSecond(a.rate()) + " of " + perSecond(r[2].rate()),
			fmt.Sprintf("CPU: %.0f µs a message, the loop's %.0f µs", a.cpu(), r[2].cpu())}
	}
	return []row{
		describe("accept + deliver to "+to+", handed over in the process, against the bare SDK loop", r[1]),
		describe("same, handed over by HTTP, which the loop has not", r[0]),
	}
}

func roundOf(n int, took, cpu time.Duration) round {
	return round{rate: float64(n) / took.Seconds(), cpu: float64(cpu.Microseconds()) / float64(n)}
}

// newLoop is what a program does that keeps nothing: it sends, from so many callers.
func newLoop(url string, callers int) func(n int) round {
	client, err := wecom.New(wecom.Config{CorpID: corp, AgentID: agentA, Secret: secretA, BaseURL: url, MaxConns: callers + 4})
	check(err)
	return func(n int) round {
		before, began := ownUsage().CPU, time.Now()
		eachOf(n, callers, func(int) {
			i := number.Add(1)
			_, err := client.Send(context.Background(), wecom.Message{To: wecom.To{Users: []string{member(i)}}, Body: wecom.Text{Content: words(i)}})
			check(err)
		})
		return roundOf(n, time.Since(began), ownUsage().CPU-before)
	}
}

func wantAllDelivered(sim *process) {
	var stats simulator.Stats
	sim.ask("/stats", &stats)
	if stats.DroppedOverQuota > 0 || stats.DuplicatesSuppressed > 0 || stats.Delivered != stats.Calls["message/send"] {
		giveUp("not every message arrived: %+v", stats)
	}
}

// measureUpstream is a WeCom that takes 50 ms for each call, and 256 workers that wait for it.
func measureUpstream(s *settings) []row {
	const latency, workers = 50 * time.Millisecond, 256
	limit := workers / latency.Seconds()
	upstream := start("wecom", latency)
	defer upstream.stop()
	loop := newLoop(upstream.about.URL, workers)
	loop(workers)
	var backlog, live, bare rounds
	for range max(1, s.rounds/2) {
		bare = append(bare, loop(s.messages))
		backlog = append(backlog, drain(s, upstream, workers))
		live = append(live, liveRate(s, upstream, workers, 1.1*limit))
	}
	describe := func(what string, a rounds) row {
		return row{what, percent(a.rate(), limit), perSecond(a.rate()) + " of " + perSecond(limit),
			fmt.Sprintf("the 256 workers; the bare SDK loop has %s", perSecond(bare.rate()))}
	}
	return []row{
		describe("50 ms upstream, 256 workers, a backlog worked off", backlog),
		describe("same, while 5632/s are posted", live),
	}
}

// drain works off a backlog that was there at the start.
func drain(s *settings, upstream *process, workers int) round {
	dir, remove := s.tempDir()
	defer remove()
	database := filepath.Join(dir, "hongyan.db")
	fill(database, "crm", s.messages)
	gateway := start("gateway", gatewayConfig{Database: database, WeCom: upstream.about.URL, Workers: workers})
	defer gateway.stop()
	p := settled(gateway)
	if p.Sent != s.messages {
		giveUp("%d of %d messages were sent", p.Sent, s.messages)
	}
	return roundOf(s.messages*8/10, time.Duration(p.Late-p.Early)*time.Millisecond, 0)
}

// liveRate is what goes upstream while more is posted than the workers can do: from the second second
// to the end of posting.
func liveRate(s *settings, upstream *process, workers int, perSecond float64) round {
	dir, remove := s.tempDir()
	defer remove()
	gateway := start("gateway", gatewayConfig{Database: filepath.Join(dir, "hongyan.db"), WeCom: upstream.about.URL, Workers: workers})
	defer gateway.stop()
	p := poster{addr: address(gateway), key: gateway.about.Key, want: "202"}
	p.post(int(perSecond), 64, perSecond)
	var before, after int64
	upstream.ask("/sends", &before)
	began := time.Now()
	p.post(s.messages, 64, perSecond)
	upstream.ask("/sends", &after)
	took := time.Since(began)
	settled(gateway)
	return roundOf(int(after-before), took, 0)
}
