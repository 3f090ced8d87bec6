package webhook

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// Guard keeps the gateway from being sent where the caller of its API cannot go himself: into the
// network it runs in, and to itself. Its zero value lets nothing but public addresses through.
type Guard struct {
	// Allow are networks that may be called all the same.
	Allow []netip.Prefix
}

// AddressError says that an address is not to be called.
type AddressError struct{ Kind string }

// Error says what kind of address it is, not which: a name's address is not everybody's to know.
func (e *AddressError) Error() string { return "the address is not allowed: it is " + e.Kind }

// special are the addresses that are not public hosts, by the registries of IANA, and those of clouds
// that serve secrets of the machine.
var special = func() (list []struct {
	net  netip.Prefix
	kind string
}) {
	for kind, nets := range map[string]string{
		"unspecified":       "0.0.0.0/8",
		"private":           "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16",
		"shared (CGNAT)":    "100.64.0.0/10", // also the metadata service of Alibaba Cloud
		"loopback":          "127.0.0.0/8",
		"link-local":        "169.254.0.0/16", // also the metadata services of most clouds
		"a cloud's own":     "168.63.129.16/32",
		"reserved":          "192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4 2001::/23 2002::/16",
		"for documentation": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
		"multicast":         "224.0.0.0/4",
	} {
		for _, text := range strings.Fields(nets) {
			list = append(list, struct {
				net  netip.Prefix
				kind string
			}{netip.MustParsePrefix(text), kind})
		}
	}
	return list
}()

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	nat64         = netip.MustParsePrefix("64:ff9b::/96")
)

// Check returns an *[AddressError] unless the address may be called.
func (g *Guard) Check(addr netip.Addr) error {
	addr = addr.Unmap()
	for _, network := range g.Allow {
		if network.Contains(addr.WithZone("")) {
			return nil
		}
	}
	if addr.Is6() && nat64.Contains(addr) {
		bytes := addr.As16()
		return g.Check(netip.AddrFrom4([4]byte(bytes[12:])))
	}
	if kind := kindOf(addr); kind != "" {
		return &AddressError{kind}
	}
	return nil
}

// kindOf says what a special address is; "" is a public one.
func kindOf(addr netip.Addr) string {
	for _, s := range special {
		if s.net.Contains(addr) {
			return s.kind
		}
	}
	if !addr.Is6() {
		return ""
	}
	bytes := addr.As16()
	switch {
	case addr.Zone() != "", addr.IsLinkLocalUnicast():
		return "link-local"
	case addr.IsLoopback():
		return "loopback"
	case addr.IsUnspecified():
		return "unspecified"
	case addr.IsMulticast():
		return "multicast"
	case addr.IsPrivate():
		return "private"
	case !globalUnicast.Contains(addr):
		return "reserved"
	case bytes[8]&^2 == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe:
		return "reserved" // ISATAP: an IPv4 address is inside
	}
	return ""
}

// control is for net.Dialer: it looks at the address to which a connection is really made, after all
// names were resolved.
func (g *Guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return &AddressError{"of no known kind"}
	}
	return g.Check(at.Addr())
}

// URLError says why nothing can be told to a URL.
type URLError struct{ Detail string }

// Error says what is wrong; the URL is not in it.
func (e *URLError) Error() string { return e.Detail }

// MaxURL is how long a URL may be, in bytes.
const MaxURL = 2048

// CheckURL returns a *[URLError] if nothing can be told to a URL. What its name resolves to shows only
// when it is called.
func (g *Guard) CheckURL(address string) error {
	wrong := func(format string, args ...any) error { return &URLError{fmt.Sprintf(format, args...)} }
	if len(address) > MaxURL {
		return wrong("it has at most %d bytes, given %d", MaxURL, len(address))
	}
	u, err := url.Parse(address)
	switch {
	case err != nil, !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https"):
		return wrong("it is a URL that begins with https:// or http://")
	case u.Hostname() == "":
		return wrong("it has no host")
	case u.User != nil:
		return wrong("it must not have a user or a password in it: the signature shows who calls")
	case u.Fragment != "":
		return wrong("it must not have a fragment (#…)")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return wrong("its port is a number from 1 to 65535")
		}
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	addr, err := netip.ParseAddr(host)
	if err != nil {
		if host != "localhost" && !strings.HasSuffix(host, ".localhost") {
			return nil
		}
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if err := g.Check(addr); err != nil {
		return wrong("%v; the gateway's configuration can allow it: webhooks.allow", err)
	}
	return nil
}
