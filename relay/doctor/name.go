package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Limits of what is looked up.
const (
	nameTime = 6 * time.Second
	slowName = time.Second
)

// name looks the upstream's name up as the relay does.
func (u *upstream) name(ctx context.Context) Check {
	host := u.host()
	c := Check{Name: "dns", About: host}
	if _, err := netip.ParseAddr(host); err == nil {
		c.Verdict, c.Says = OK, host+" is an address: no name is looked up"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	began := time.Now()
	found, server, err := lookup(ctx, host)
	took := time.Since(began)
	c.Took = millis(took)
	if err != nil {
		return u.noName(c, err, server)
	}
	list := make([]string, len(found))
	for i, addr := range found {
		list[i] = addr.Unmap().String()
	}
	c.Verdict = OK
	c.Says = fmt.Sprintf("%s is %s%s, found in %s", host, strings.Join(list, ", "), by(server), round(took))
	switch {
	case blocked(host, found):
		c.Verdict = Bad
		c.Says = fmt.Sprintf("%s is said to be %s%s, which is no address of the upstream: a filter for names blocks it", host, strings.Join(list, ", "), by(server))
		c.Remedy = "have the filter (Pi-hole, the router, an antivirus program, the hosts file) let " + host + " through"
	case took > slowName:
		c.Verdict = Warn
		c.Remedy = "look at the name servers of this machine: the first one that is configured may not answer"
	}
	return c
}

// noName says why a name was not found. A proxy looks names up by itself.
func (u *upstream) noName(c Check, err error, server string) Check {
	c.Verdict = Bad
	why := &net.DNSError{}
	switch known := errors.As(err, &why); {
	case known && why.IsNotFound:
		c.Says = fmt.Sprintf("there is no %s%s", c.About, by(server))
		c.Remedy = "look at `url` in the config; if that is right, another name server (of the provider, the router) may know the name"
	case known && why.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		c.Says = fmt.Sprintf("no name server answers%s, so that %s is not found", by(server), c.About)
		c.Remedy = "look whether this machine is online, and which name servers it uses"
	default:
		c.Says = fmt.Sprintf("%s is not found: %s", c.About, plainDNS(err))
		c.Remedy = "look whether this machine is online, and which name servers it uses"
	}
	if u.proxy != nil {
		c.Verdict = OK
		c.Says += "; that does no harm, as the proxy looks names up by itself"
		c.Remedy = ""
	}
	return c
}

// plainDNS leaves out what the check says already.
func plainDNS(err error) string {
	why := &net.DNSError{}
	if errors.As(err, &why) {
		return why.Err
	}
	return err.Error()
}

func by(server string) string {
	if server == "" {
		return ""
	}
	return " by " + server
}

// lookup finds the addresses of a host. server is who was asked last; "" where
// the system does not tell, or needed nobody.
func lookup(ctx context.Context, host string) (found []netip.Addr, server string, err error) {
	var mu sync.Mutex
	asked := ""
	resolver := &net.Resolver{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		asked = address
		mu.Unlock()
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}}
	found, err = resolver.LookupNetIP(ctx, "ip", host)
	mu.Lock()
	defer mu.Unlock()
	server = strings.TrimSuffix(asked, ":53")
	if server == "" && err == nil && runtime.GOOS == "linux" {
		server = "this machine's own hosts file"
	}
	return found, server, err
}

// blocked says that an answer is one of those by which filters block a name.
func blocked(host string, found []netip.Addr) bool {
	if loopback(host) || len(found) == 0 {
		return false
	}
	for _, addr := range found {
		if addr = addr.Unmap(); !addr.IsUnspecified() && !addr.IsLoopback() {
			return false
		}
	}
	return true
}

// round shows a time as a person would say it.
func round(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "less than 1 ms"
	case d < 2*time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
