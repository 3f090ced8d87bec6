package webhook

import (
	"encoding/binary"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGuard(t *testing.T) {
	public := "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.167.255.255 223.255.255.255 " +
		"2606:4700:4700::1111 2400:3200::1 64:ff9b::101:101 ::ffff:1.1.1.1"
	refused := "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 169.254.0.23 172.16.0.1 172.31.255.255 " +
		"192.0.0.192 192.0.2.1 192.168.0.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 " +
		":: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 100::1 " +
		"fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd00:ec2::254 fd20:ce::254 ff02::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 " +
		"2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:10.0.0.1 4000::1"
	var g Guard
	for _, text := range strings.Fields(public) {
		if err := g.Check(netip.MustParseAddr(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range strings.Fields(refused) {
		if err := g.Check(netip.MustParseAddr(text)); err == nil {
			t.Errorf("%s may be called", text)
		}
	}
}

func TestGuardAllows(t *testing.T) {
	g := Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}}
	for text, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "64:ff9b::a01:203": true, "fd12::1": true, "10.2.0.0": false, "fc00::1": false, "127.0.0.1": false,
	} {
		if err := g.Check(netip.MustParseAddr(text)); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// However a private IPv4 address is written into an IPv6 one that reaches it, it is refused.
func TestGuardSeesThroughIPv6(t *testing.T) {
	var private []netip.Prefix
	for _, s := range special {
		if s.net.Addr().Is4() {
			private = append(private, s.net)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		network := rapid.SampledFrom(private).Draw(t, "network")
		low := rapid.Uint32().Draw(t, "host") & (1<<(32-network.Bits()) - 1)
		bytes := network.Addr().As4()
		binary.BigEndian.PutUint32(bytes[:], binary.BigEndian.Uint32(bytes[:])|low)
		plain := netip.AddrFrom4(bytes)
		var wide [16]byte
		copy(wide[:], rapid.SampledFrom([]string{
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff", "\x00\x64\xff\x9b\x00\x00\x00\x00\x00\x00\x00\x00", strings.Repeat("\x00", 12),
			"\x20\x01\x00\x00aaaaaaaa", "\x26\x06aaaaaa\x00\x00\x5e\xfe",
		}).Draw(t, "form"))
		copy(wide[12:], bytes[:])
		var g Guard
		for _, addr := range []netip.Addr{plain, netip.AddrFrom16(wide)} {
			if g.Check(addr) == nil {
				t.Fatalf("%v may be called", addr)
			}
		}
	})
}

func TestCheckURL(t *testing.T) {
	var g Guard
	for _, good := range []string{
		"https://example.com", "HTTPS://Example.com:8443/hook?x=1", "http://1.1.1.1/", "https://[2606:4700:4700::1111]:443/", "https://xn--fiqs8s.example/", "https://intranet/",
	} {
		if err := g.CheckURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "/", "example.com", "ftp://example.com", "file:///etc/passwd", "gopher://x", "javascript:alert(1)", "https://", "https://:80", "https:example.com",
		"https://user@example.com", "https://user:hunter2@example.com", "https://example.com/#x", "https://example.com:0/", "https://example.com:65536", "https://example.com:x",
		"http://localhost", "http://LOCALHOST.", "http://a.localhost/", "http://127.0.0.1:9470/v1/messages", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
		"http://[::ffff:10.0.0.1]/", "http://[fe80::1%25eth0]/", "http://[fd00:ec2::254]/", "http://0.0.0.0/", "http://example.com/\n", "http://exa mple.com/",
		"https://example.com/" + strings.Repeat("a", MaxURL),
	} {
		err := g.CheckURL(bad)
		if err == nil {
			t.Errorf("%.60q is good", bad)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
	g.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, url := range []string{"http://localhost:80/", "http://127.0.0.1:9/"} {
		if err := g.CheckURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// What is taken can be called, and is no literal address that may not be.
func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com:8443/hook?x=1", "http://[::ffff:127.0.0.1]:80/", "http://127.1/", "http://0x7f.1", "https://a@b", "http://[::1%25lo]/"} {
		f.Add(seed)
	}
	var g Guard
	f.Fuzz(func(t *testing.T, address string) {
		if g.CheckURL(address) != nil {
			return
		}
		r, err := http.NewRequest(http.MethodPost, address, nil)
		if err != nil {
			t.Fatalf("%q cannot be called: %v", address, err)
		}
		if addr, err := netip.ParseAddr(r.URL.Hostname()); err == nil && g.Check(addr) != nil {
			t.Fatalf("%q is good", address)
		}
		if r.URL.User != nil || OriginOf(address) == "" {
			t.Fatalf("%q is good", address)
		}
	})
}
