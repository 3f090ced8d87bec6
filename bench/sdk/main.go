// Command sdk measures the SDK against a careful hand-written client and prints a table:
//
//	go run ./bench/sdk
//
// The server runs in a process of its own. Rounds of both clients take turns, so that a machine
// that grows slow slows both; figures are medians of the rounds, ratios are of medians.
package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hongyan-im/hongyan/bench"
	"github.com/hongyan-im/hongyan/wecom"
)

const (
	user    = "zhangsan"
	content = "订单 4711 已发货，预计明天 18:00 前送达。\n物流单号 SF1234567890123，请注意查收。"
	agent   = 1000002
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 9, "rounds of each client")
	sends := flag.Int("sends", 12000, "messages in a round")
	serve := flag.String("serve", "", "be the server: plain, or tls; used by the program itself")
	flag.Parse()
	if *serve != "" {
		runServer(*serve == "tls")
		return
	}
	plain := startServer("plain")
	for _, callers := range []int{16, 64, 256} {
		compare("http/1.1", plain, callers, *rounds, *sends)
	}
	compare("http/2 over tls", startServer("tls"), 64, *rounds, *sends/2)
	connections(false)
	connections(true)
	coldCallers(200)
	revoked(64)
}

// runServer serves until its standard input ends, that is, until the parent does.
func runServer(overTLS bool) {
	srv := httptest.NewUnstartedServer(&bench.Server{})
	if overTLS {
		srv.EnableHTTP2 = true
		srv.StartTLS()
		file, err := os.CreateTemp("", "bench-*.pem")
		if err != nil {
			log.Fatal(err)
		}
		defer os.Remove(file.Name())
		if err := pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}); err != nil {
			log.Fatal(err)
		}
		fmt.Println(srv.URL, file.Name())
	} else {
		srv.Start()
		fmt.Println(srv.URL)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
}

// stdins of the servers stay open until this process ends.
var stdins []io.Closer

// target is a server to send to, and the certificate to trust.
type target struct{ url, certificate string }

func startServer(kind string) target {
	cmd := exec.Command(os.Args[0], "-serve", kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		log.Fatal(err)
	}
	stdins = append(stdins, in)
	out, err := cmd.StdoutPipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	url, certificate, _ := strings.Cut(strings.TrimSpace(line), " ")
	return target{url, certificate}
}

type sender func(ctx context.Context) error

func sdk(t target) (sender, *wecom.Client) {
	config := wecom.Config{CorpID: "ww0000000000000001", AgentID: agent, Secret: "s", BaseURL: t.url}
	if t.certificate != "" {
		config.HTTPClient = &http.Client{Transport: trusting(t.certificate)}
	}
	client, err := wecom.New(config)
	if err != nil {
		log.Fatal(err)
	}
	m := wecom.Message{To: wecom.To{Users: []string{user}}, Body: wecom.Text{Content: content}}
	return func(ctx context.Context) error { _, err := client.Send(ctx, m); return err }, client
}

func careful(t target) sender {
	c := bench.NewCareful(t.url, bench.Token, agent)
	if t.certificate != "" {
		c.UseTransport(trusting(t.certificate))
	}
	return func(ctx context.Context) error { _, err := c.Send(ctx, user, content); return err }
}

// trusting returns a transport that trusts one certificate, else as both clients would have it.
func trusting(certificate string) *http.Transport {
	text, err := os.ReadFile(certificate)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool},
		MaxIdleConns: 100, MaxIdleConnsPerHost: 100, MaxConnsPerHost: 100,
	}
}

// figures of one round.
type figures struct {
	cpu  float64 // microseconds of this process a message
	rate float64 // messages a second
	p99  float64 // milliseconds
}

func compare(what string, t target, callers, rounds, sends int) {
	mine, _ := sdk(t)
	theirs := careful(t)
	var a, b []figures
	round(mine, callers, sends/4)
	round(theirs, callers, sends/4)
	for i := range rounds {
		if i%2 == 0 {
			a, b = append(a, round(mine, callers, sends)), append(b, round(theirs, callers, sends))
		} else {
			b, a = append(b, round(theirs, callers, sends)), append(a, round(mine, callers, sends))
		}
	}
	fmt.Printf("%-16s %3d callers", what, callers)
	for _, f := range []struct {
		name string
		get  func(figures) float64
		unit string
	}{
		{"cpu", func(f figures) float64 { return f.cpu }, "µs"},
		{"rate", func(f figures) float64 { return f.rate }, "/s"},
		{"p99", func(f figures) float64 { return f.p99 }, "ms"},
	} {
		x, y := median(a, f.get), median(b, f.get)
		fmt.Printf("   %s %s %s / %s %s = %.2f×", f.name, digits(x), f.unit, digits(y), f.unit, x/y)
	}
	fmt.Println()
}

func digits(x float64) string { return strconv.FormatFloat(x, 'f', max(0, 1-int(x/100)), 64) }

func median(all []figures, get func(figures) float64) float64 {
	values := make([]float64, len(all))
	for i, f := range all {
		values[i] = get(f)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// round sends a number of messages from a number of callers.
func round(send sender, callers, sends int) figures {
	times := make([][]time.Duration, callers)
	cpu, began := cpuTime(), time.Now()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for range sends / callers {
				start := time.Now()
				if err := send(context.Background()); err != nil {
					log.Fatal(err)
				}
				times[i] = append(times[i], time.Since(start))
			}
		})
	}
	wg.Wait()
	took, used := time.Since(began), cpuTime()-cpu
	all := slices.Concat(times...)
	slices.SortFunc(all, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	return figures{
		cpu:  float64(used.Microseconds()) / float64(len(all)),
		rate: float64(len(all)) / took.Seconds(),
		p99:  float64(all[len(all)*99/100].Microseconds()) / 1000,
	}
}

// cpuTime is what this process has used so far, in user and kernel.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// connections counts how many are opened for 10,000 messages from 64 callers.
func connections(chunked bool) {
	var opened atomic.Int64
	srv := httptest.NewUnstartedServer(&bench.Server{Chunked: chunked})
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	send, client := sdk(target{url: srv.URL})
	defer client.CloseIdleConnections()
	round(send, 64, 10000)
	fmt.Printf("10,000 messages from 64 callers, chunked answers %-5v: %d connections\n", chunked, opened.Load())
}

// coldCallers counts gettoken calls when many callers meet a client without token.
func coldCallers(callers int) {
	server := &bench.Server{}
	srv := httptest.NewServer(server)
	defer srv.Close()
	send, client := sdk(target{url: srv.URL})
	defer client.CloseIdleConnections()
	round(send, callers, callers)
	fmt.Printf("%d callers on a cold client: %d gettoken, %d messages\n", callers, server.Gettokens.Load(), server.Sends.Load())
}

// revoked kills the token while callers send, and counts what that costs.
func revoked(callers int) {
	var current, gettokens, refused, delivered atomic.Int64
	current.Store(1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := "token-" + strconv.FormatInt(current.Load(), 10)
		if strings.HasSuffix(r.URL.Path, "gettoken") {
			gettokens.Add(1)
			fmt.Fprintf(w, `{"errcode":0,"access_token":%q,"expires_in":7200}`, token)
			return
		}
		if r.URL.Query().Get("access_token") != token {
			refused.Add(1)
			fmt.Fprint(w, `{"errcode":42001,"errmsg":"access_token expired"}`)
			return
		}
		if delivered.Add(1)%5000 == 0 {
			current.Add(1) // dead from here on
		}
		fmt.Fprint(w, `{"errcode":0,"msgid":"m"}`)
	}))
	defer srv.Close()
	send, client := sdk(target{url: srv.URL})
	defer client.CloseIdleConnections()
	const sends = 24000
	round(send, callers, sends) // ends the program if a send fails
	fmt.Printf("token killed %d times under %d callers: %d gettoken, 0 of %d sends failed, %d refused and repeated\n",
		current.Load()-1, callers, gettokens.Load(), delivered.Load(), refused.Load())
}
