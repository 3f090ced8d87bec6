package main

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/daemon"
)

// gatewayConfig is what a gateway is told.
type gatewayConfig struct {
	Database string
	WeCom    string // URL
	Workers  int    // of the app
	Rate     float64
}

// runGateway is "hongyan serve": everything is in it, keys and log included.
func runGateway() {
	told := hear[gatewayConfig]()
	began := time.Now()
	file, err := os.Create(told.Database + ".log")
	check(err)
	queue := config.Queue{Workers: told.Workers, Weight: config.DefaultWeight}
	slow := queue
	slow.Rate = told.Rate
	c := &config.Config{
		Listen: "127.0.0.1:0", Database: "sqlite:" + told.Database, WeCom: config.WeCom{BaseURL: told.WeCom},
		Apps: []config.App{
			{Name: "crm", CorpID: corp, AgentID: agentA, Secret: secretA, Queue: queue},
			{Name: "slow", CorpID: corp, AgentID: agentB, Secret: secretB, Queue: slow},
		},
		Retention: config.Retention{Days: config.DefaultDays},
		Log:       config.Log{Level: "info", Format: "text"},
	}
	log, _ := daemon.NewLog(file, c.Log)
	d := daemon.New(daemon.Options{Config: c, Log: log})
	check(d.Start(context.Background()))
	took := time.Since(began)
	secret, hash := access.NewSecret()
	key := &access.Key{Name: time.Now().String(), Scopes: []access.Scope{access.Send, access.Read}, Created: time.Now()}
	check(d.Keys().Create(context.Background(), key, hash))
	db, err := sql.Open("sqlite", "file:"+told.Database+"?_pragma=query_only(1)&_pragma=busy_timeout(5000)")
	check(err)
	http.HandleFunc("/progress", func(w http.ResponseWriter, _ *http.Request) { answer(w, look(db)) })
	present(about{URL: "http://" + d.Addr().String(), Key: secret, Took: took})
	check(db.Close())
	check(d.Stop(context.Background()))
	check(file.Close())
}

// progress is how far the messages in a database are.
type progress struct {
	Open    int // of the app crm: accepted and not settled
	Settled int // of all
	Sent    int
	// Early and Late are when a tenth was settled and when nine tenths were, in milliseconds: between
	// them the workers had enough to do.
	Early, Late int64
}

// look counts only what stands in indexes while messages are open.
func look(db *sql.DB) (p progress) {
	check(db.QueryRow(`SELECT (SELECT count(*) FROM deliveries WHERE status = 3) +
		(SELECT count(*) FROM deliveries INDEXED BY deliveries_due WHERE status <= 2 AND waiting = 0 AND sender = 'crm')`).Scan(&p.Open))
	if p.Open > 0 {
		return p
	}
	check(db.QueryRow(`SELECT count(*), coalesce(sum(status = 4), 0) FROM deliveries WHERE status >= 4`).Scan(&p.Settled, &p.Sent))
	at := func(n int) (ms int64) {
		check(db.QueryRow(`SELECT coalesce((SELECT settled FROM deliveries WHERE status >= 4 ORDER BY settled LIMIT 1 OFFSET ?), 0)`, n).Scan(&ms))
		return ms
	}
	p.Early, p.Late = at(p.Settled/10), at(p.Settled*9/10)
	return p
}

// settled waits until the app crm has nothing open.
func settled(gateway *process) (p progress) {
	for {
		gateway.ask("/progress", &p)
		if p.Open == 0 {
			return p
		}
		time.Sleep(max(time.Millisecond, min(50*time.Millisecond, time.Duration(p.Open)*10*time.Microsecond)))
	}
}

// wantQuiet looks for complaints in the log of a gateway.
func wantQuiet(database string) {
	data, err := os.ReadFile(database + ".log")
	check(err)
	for line := range strings.Lines(string(data)) {
		if !strings.Contains(line, "level=INFO") {
			giveUp("the gateway complains: %s", line)
		}
	}
}
