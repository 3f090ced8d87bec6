package simulator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// crowd is a world with n members and room for all they will get.
func crowd(n int) World {
	w := DefaultWorld()
	w.Corps[0].AccountCap = 1 << 40
	for i := range n {
		w.Corps[0].Users = append(w.Corps[0].Users, User{UserID: fmt.Sprintf("user%06d", i), Name: "某", Parties: []int{2}})
	}
	return w
}

// BenchmarkSend sends texts over HTTP from 16 clients, each time to another of 100,000 members, and
// checks that none was dropped over quota. Client and simulator share the processors.
//
//	go test -run '^$' -bench Send -benchtime 5s ./simulator
func BenchmarkSend(b *testing.B) {
	const members = 100_000
	sim := New(WithWorld(crowd(members)))
	server := httptest.NewServer(sim)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	target := server.URL + "/cgi-bin/message/send?access_token=" + tokenOf(b, sim, hongyan)
	var next atomic.Int64
	b.SetParallelism(8) // per processor
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := fmt.Sprintf(`{"touser":"user%06d","msgtype":"text","agentid":1000002,"text":{"content":"磁盘已满：/var 已用 91%%，请处理。"},"safe":0}`, next.Add(1)%members)
			answer, err := client.Post(target, "application/json", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if code := answer.Header.Get("Error-Code"); code != "0" {
				b.Errorf("errcode %s", code)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
	if st := sim.Stats(); st.Delivered != int64(b.N) {
		b.Errorf("%+v for %d sends", st, b.N)
	}
}

// BenchmarkServe is the simulator alone, without a network.
func BenchmarkServe(b *testing.B) {
	const members = 100_000
	sim := New(WithWorld(crowd(members)))
	target := "/cgi-bin/message/send?access_token=" + tokenOf(b, sim, hongyan)
	var next atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			exchange(sim, "POST", target, text(fmt.Sprintf("user%06d", next.Add(1)%members), "磁盘已满").json())
		}
	})
}
