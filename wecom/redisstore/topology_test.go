package redisstore_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// A cluster of three nodes: the keys of one token are on one of them.
func TestCluster(t *testing.T) {
	var nodes []*redisServer
	for range 3 {
		nodes = append(nodes, startRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"))
	}
	for i, n := range nodes {
		from, to := i*16384/3, (i+1)*16384/3-1
		if got := n.ask("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(from), fmt.Sprint(to)); got != "+OK" {
			t.Fatalf("ADDSLOTSRANGE: %s", got)
		}
		_, port, _ := net.SplitHostPort(nodes[0].addr)
		if got := n.ask("CLUSTER", "MEET", "127.0.0.1", port); got != "+OK" {
			t.Fatalf("MEET: %s", got)
		}
	}
	for _, n := range nodes {
		waitUntil(t, "the cluster is one", func() bool {
			info := n.askAll("CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	url := nodes[0].url() + "?addr=" + nodes[1].addr + "&addr=" + nodes[2].addr
	opened := 0
	wecomtest.TestTokenStore(t, func(t *testing.T) wecom.TokenStore {
		opened++
		return openURL(t, url, redisstore.Options{})
	})
	sim := wecomtest.NewServer(t)
	for range 2 {
		sendThrough(t, sim, openURL(t, url, redisstore.Options{}), 2)
	}
	if n := sim.Stats().Calls["gettoken"]; n != 1 {
		t.Errorf("%d gettoken", n)
	}
}

// Sentinel names the master; it fails over to the replica, and the fleet goes on.
func TestSentinel(t *testing.T) {
	master := startRedis(t)
	_, port, _ := net.SplitHostPort(master.addr)
	replica := startRedis(t, "--replicaof", "127.0.0.1 "+port)
	waitUntil(t, "the replica is in step", func() bool {
		return strings.Contains(replica.askAll("INFO", "replication"), "master_link_status:up")
	})
	sentinel := startSentinel(t, port)
	url := "redis://" + sentinel + "?master_set=fleet"
	sim := wecomtest.NewServer(t)
	store := openURL(t, url, redisstore.Options{})
	sendThrough(t, sim, store, 2)
	if n := sim.Stats().Calls["gettoken"]; n != 1 {
		t.Fatalf("%d gettoken", n)
	}
	waitUntil(t, "the replica has the token", func() bool {
		return len(replica.askAll("GET", tokenKeyOf(sim))) > 100
	})
	master.kill()
	sendThrough(t, sim, store, 2) // while nobody is master
	waitUntil(t, "the replica is master", func() bool {
		return strings.Contains(replica.askAll("INFO", "replication"), "role:master")
	})
	calls := sim.Stats().Calls["gettoken"]
	second := openURL(t, url, redisstore.Options{})
	sendThrough(t, sim, second, 2)
	if n := sim.Stats().Calls["gettoken"] - calls; n > 1 {
		t.Errorf("%d gettoken after the failover", n)
	}
}

// startSentinel starts one that watches the master on a port, and returns its address.
func startSentinel(t *testing.T, masterPort string) string {
	t.Helper()
	path, addr, port := redisBinary(t)
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	text := "bind 127.0.0.1\nport " + port + "\nsentinel monitor fleet 127.0.0.1 " + masterPort + " 1\n" +
		"sentinel down-after-milliseconds fleet 500\nsentinel failover-timeout fleet 2000\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, addr: addr, args: []string{path, config, "--sentinel"}}
	s.start()
	t.Cleanup(s.kill)
	waitUntil(t, "the sentinel knows the replica", func() bool {
		return strings.Contains(s.askAll("SENTINEL", "REPLICAS", "fleet"), "role-reported")
	})
	return addr
}

// A Redis that does not track keys, as behind some managed proxies: plain reads, and hints by a
// channel.
func TestNoTracking(t *testing.T) {
	r := startRedis(t)
	if got := r.ask("ACL", "SETUSER", "default", "-client|tracking"); got != "+OK" {
		t.Fatalf("ACL: %s", got)
	}
	wecomtest.TestTokenStore(t, func(t *testing.T) wecom.TokenStore {
		s := open(t, r, redisstore.Options{})
		// The subscription is made in the background; hints before it are not heard.
		waitUntil(t, "it listens", func() bool { return subscribers(r) > 0 })
		return s
	})
}

func subscribers(r *redisServer) int {
	n := 0
	answer := strings.Split(r.askAll("PUBSUB", "NUMSUB", "hongyan:changed"), "\r\n")
	for _, line := range answer {
		if strings.HasPrefix(line, ":") {
			_, _ = fmt.Sscanf(line, ":%d", &n)
		}
	}
	return n
}
