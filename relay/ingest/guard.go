package ingest

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"funnelrelay/relay/session"
)

// Guard puts before next what every path of the port asks of a request: its
// address is in Allow, its Host is ours, and no page of another origin made
// it (listed origins may post events, nothing else). Credentials are not asked
// for; see AdminOnly and OpenOnLoopback. A panic of next becomes a 500.
func (h *Handler) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer h.caught(w, r)
		s := h.settings.Load()
		p := s.screen(r)
		if p == nil {
			p = h.crossOrigin(w, r, nil)
		}
		if p != nil {
			h.refuse(w, r, s, p)
			return
		}
		if secretInURL(r.URL.RawQuery) {
			h.deny(w, r, s, session.InURL, &problem{status: http.StatusBadRequest,
				detail: "a token does not belong into an address: it stays in histories and logs; send it as Authorization: Bearer"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// upstreamName is the host in the contract's URLs. It is never a name of a
// relay: who sends it has left it in place, or has bent a name server.
const upstreamName = "events.funnelytics.io"

// screen looks at the address and at Host.
func (s *settings) screen(r *http.Request) *problem {
	if len(s.allow) > 0 && !s.allowed(remoteAddr(r)) {
		return &problem{status: http.StatusForbidden, remain: true,
			detail: "this address may not connect; add it to http.allow"}
	}
	name := hostName(r.Host)
	if loopbackName(name) || s.hosts[name] {
		return nil
	}
	// An address, unlike a name, cannot be pointed at us by somebody else.
	if addr, err := netip.ParseAddr(name); err == nil && addr.Unmap() == localAddr(r) {
		return nil
	}
	detail := "the request has no Host header; send the name or address of this machine"
	switch name {
	case "":
	case upstreamName:
		detail = "Host is " + name + ", the upstream's name; give the sender the relay's address in its place, or let the proxy between them pass the relay's name on"
	default:
		detail = "Host " + quoteShort(name) + " is not a name of this relay; add it to http.hosts if it is"
	}
	return &problem{status: http.StatusMisdirectedRequest, detail: detail}
}

func (s *settings) allowed(addr netip.Addr) bool {
	for _, p := range s.allow {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// direct says whether the sender is on this machine, with nothing between us,
// and the port is for this machine only.
func (s *settings) direct(r *http.Request) bool {
	return s.loopback && loopbackName(hostName(r.Host)) && near(r)
}

// near says whether the sender is on this machine, with nothing between us, and
// did not take a public name for it, whatever the port is bound to.
func near(r *http.Request) bool {
	remote, local, name := remoteAddr(r), localAddr(r), hostName(r.Host)
	if !remote.IsValid() || forwardedBy(r.Header) != "" {
		return false
	}
	if loopbackName(name) {
		return remote.IsLoopback() && local.IsLoopback()
	}
	// A connection from an address of this machine to itself.
	host, err := netip.ParseAddr(name)
	return err == nil && host.Unmap() == local && remote == local
}

// forwardedBy names a header that only a proxy or a tunnel sets, if there is one.
func forwardedBy(h http.Header) string {
	for name := range h {
		switch name {
		case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Host",
			"X-Original-Forwarded-For", "True-Client-Ip", "Cf-Connecting-Ip", "Cf-Ray", "Fly-Client-Ip",
			"Fastly-Client-Ip", "X-Envoy-External-Address", "X-Azure-Clientip", "Tailscale-User-Login":
			return name
		}
		if strings.HasPrefix(name, "X-Forwarded") {
			return name
		}
	}
	return ""
}

// hostName is a Host without its port, in lower case, without the root's dot.
func hostName(host string) string {
	if strings.HasPrefix(host, "[") {
		host, _, _ = strings.Cut(host[1:], "]")
	} else if i := strings.IndexByte(host, ':'); i >= 0 && i == strings.LastIndexByte(host, ':') {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// loopbackName says whether the name, as hostName gives it, is this machine
// whatever a name server says (RFC 6761 for localhost).
func loopbackName(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if name == "" || name[0] != '1' && name[0] != ':' && name[0] != '0' {
		return false // cheaper than parsing every name as an address
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

// IsLoopback says whether listening on addr ("127.0.0.1:8787") can be reached
// from this machine only. A name other than localhost is not looked up.
func IsLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && loopbackName(hostName(host))
}

// remoteAddr is the address that the request came from; the zero Addr where
// the connection has none.
func remoteAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// localAddr is our own end of the connection.
func localAddr(r *http.Request) netip.Addr {
	if tcp, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
