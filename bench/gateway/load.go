package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	corp    = "ww0000000000000001"
	members = 20000 // so many that no quota paces a round
	agentA  = 1000002
	agentB  = 1000003
	secretA = "sim-secret-1000002"
	secretB = "sim-secret-1000003"
)

func member(n int64) string { return fmt.Sprintf("member%05d", n%members) }

// words are about 600 bytes, and begin with a number so that no message is another's twin.
func words(n int64) string {
	return fmt.Sprintf("%010d ", n) + strings.Repeat("订单已发货，请注意查收。", 16)
}

// number is that of the next message.
var number atomic.Int64

// poster posts messages over HTTP/1.1 as fast as answers come. It writes bytes made before and looks
// at no more of the answer than it must, so that of two cores as much as possible is the server's.
type poster struct {
	addr   string
	key    string
	fields string // of the message, beside app, to, msgtype and text: ,"delay":"1h"
	want   string // status, such as "202"
}

func (p poster) message(n int64) []byte {
	body := fmt.Sprintf(`{"app":"crm","to":{"users":["%s"]},"msgtype":"text","text":{"content":"%s"}%s}`, member(n), words(n), p.fields)
	return fmt.Appendf(nil, "POST /v1/messages HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		p.addr, p.key, len(body), body)
}

// post sends n messages on so many connections, at most perSecond of them if that is not 0, and
// returns how long each took.
func (p poster) post(n, connections int, perSecond float64) []time.Duration {
	all := make([][]time.Duration, connections)
	began := time.Now()
	var sent atomic.Int64
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() {
			conn, err := net.Dial("tcp", p.addr)
			check(err)
			defer conn.Close()
			in := bufio.NewReader(conn)
			for {
				turn := sent.Add(1)
				if turn > int64(n) {
					return
				}
				if perSecond > 0 {
					time.Sleep(time.Until(began.Add(time.Duration(float64(turn) / perSecond * float64(time.Second)))))
				}
				message := p.message(number.Add(1))
				start := time.Now()
				_, err := conn.Write(message)
				check(err)
				p.readAnswer(in)
				all[i] = append(all[i], time.Since(start))
			}
		})
	}
	wg.Wait()
	return slices.Concat(all...)
}

// readAnswer reads one answer, which has a length.
func (p poster) readAnswer(in *bufio.Reader) {
	first, err := in.ReadSlice('\n')
	check(err)
	ok, length := bytes.HasPrefix(first, []byte("HTTP/1.1 "+p.want)), -1
	for {
		line, err := in.ReadSlice('\n')
		check(err)
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			length, err = strconv.Atoi(string(value))
			check(err)
		}
	}
	if !ok {
		rest, _ := io.ReadAll(io.LimitReader(in, int64(max(length, 0))))
		giveUp("the answer is not %s: %s", p.want, rest)
	}
	_, err = in.Discard(length)
	check(err)
}

// round posts one round, and measures the process that serves it.
func (p poster) round(server *process, n int) round {
	before := server.usage()
	began := time.Now()
	took := p.post(n, 64, 0)
	elapsed := time.Since(began)
	used := server.usage().CPU - before.CPU
	return round{rate: float64(n) / elapsed.Seconds(), took: percentiles(took), cpu: float64(used.Microseconds()) / float64(n)}
}
