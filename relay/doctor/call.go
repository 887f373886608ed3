package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// call asks the upstream, and tells of the certificate, of the answer, and of
// the clock.
func (u *upstream) call(ctx context.Context) []Check {
	ctx, cancel := context.WithTimeout(ctx, netTime)
	defer cancel()
	a := u.ask(ctx, false)
	secured := u.certificate(&a)
	date := a.date
	if outdated(a.err) && date.IsZero() {
		// A clock that is wrong by years makes every certificate invalid, and is
		// what has to be told then.
		if again := u.ask(ctx, true); !again.date.IsZero() {
			date, a.middle = again.date, again.middle
			if skew := a.middle.Sub(date); skew.Abs() > wrongClock {
				secured.Says = "the certificate seems invalid because this machine's clock is wrong"
				secured.Remedy = "set the clock first"
			}
		}
	}
	return []Check{secured, u.answered(&a), skewOf(u.host(), date, a.middle)}
}

// outdated says that a certificate was refused for its dates.
func outdated(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

// soon is the time before its end from which a certificate is spoken of. Those
// of the upstream are renewed by a program weeks before.
const soon = 7 * 24 * time.Hour

// certificate says whether the upstream is who it says, and who vouches for it.
func (u *upstream) certificate(a *answer) Check {
	c := Check{Name: "tls", About: u.host(), Took: millis(a.took)}
	var refused *tls.CertificateVerificationError
	switch {
	case u.url.Scheme == "http":
		c.Verdict, c.Says = OK, "plain HTTP to this machine: there is no certificate"
	case errors.As(a.err, &refused) && len(refused.UnverifiedCertificates) > 0:
		return u.refused(c, refused)
	case a.tls == nil:
		c.Verdict, c.Says = Skipped, "there was no connection on which to look at the certificate"
		if strings.Contains(fmt.Sprint(a.err), "does not look like a TLS handshake") {
			c.Verdict, c.Says = Bad, "what answers there does not speak TLS"
			c.Remedy = "look at `url` in the config, and whether the network wants a login page to be filled in first"
		}
	default:
		u.trusted(&c, a.tls)
	}
	return c
}

// trusted tells who issued a certificate that the system trusts.
func (u *upstream) trusted(c *Check, s *tls.ConnectionState) {
	leaf := s.PeerCertificates[0]
	root := leaf
	if chain := s.VerifiedChains; len(chain) > 0 {
		root = chain[0][len(chain[0])-1]
	}
	left := time.Until(leaf.NotAfter)
	c.Verdict = OK
	c.Says = fmt.Sprintf("%s, issued by %s, valid until %s", tls.VersionName(s.Version), nameOf(leaf.Issuer), leaf.NotAfter.Format(time.DateOnly))
	switch who, kind := authority(leaf.Issuer, root.Subject); {
	case kind == inspecting:
		c.Verdict = Warn
		c.Says += fmt.Sprintf("; that is %s, which opens the connection, and reads the key and every sale", who)
		c.Remedy = "have " + u.host() + " excepted from its looking into TLS; it works as long as it lets the events through unchanged"
	case kind == unknown && !loopback(u.host()):
		c.Verdict = Warn
		c.Says += fmt.Sprintf("; %s is none of the public authorities: it is a company's own, or a program's on this machine, which opens the connection and reads the key", nameOf(root.Subject))
		c.Remedy = "ask who looks after the network whether it is theirs, and have " + u.host() + " excepted from it"
	case left < soon:
		c.Verdict = Warn
		c.Remedy = "it should have been renewed by now: tell the upstream's support if it stays so"
	}
}

// refused tells why the system does not trust a certificate.
func (u *upstream) refused(c Check, err *tls.CertificateVerificationError) Check {
	leaf := err.UnverifiedCertificates[0]
	last := err.UnverifiedCertificates[len(err.UnverifiedCertificates)-1]
	c.Verdict = Bad
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	who, kind := authority(leaf.Issuer, last.Issuer)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(leaf.NotBefore):
		c.Says = fmt.Sprintf("the certificate is valid from %s only, and this machine's clock shows %s", leaf.NotBefore.Format(time.DateOnly), time.Now().Format(time.DateTime))
		c.Remedy = "look at this machine's clock first"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		c.Says = fmt.Sprintf("the certificate, issued by %s, ended on %s; this machine's clock shows %s", nameOf(leaf.Issuer), leaf.NotAfter.Format(time.DateOnly), time.Now().Format(time.DateTime))
		c.Remedy = "look at this machine's clock first; if that is right, it is the upstream's to renew it"
	case errors.As(err, &name):
		c.Says = fmt.Sprintf("the certificate is of %s, and not of %s: something else answers in its place", strings.Join(leaf.DNSNames, ", "), u.host())
		c.Remedy = "the login page of a guest network and a wrong entry in the hosts file do that; look at both, and at `url` in the config"
	case kind == inspecting:
		c.Says = fmt.Sprintf("the certificate was issued by %s, which opens the connection, and this machine does not trust it", who)
		c.Remedy = "have " + u.host() + " excepted from its looking into TLS"
	default:
		c.Says = fmt.Sprintf("the certificate was issued by %s, whom this machine does not trust", nameOf(leaf.Issuer))
		c.Remedy = "if that is your company's proxy: have " + u.host() + " excepted, or its root installed for the whole machine (not for one user); otherwise bring the system's certificates up to date"
	}
	return c
}

// answered says what came back, whatever it is: the webhook's path was not asked.
func (u *upstream) answered(a *answer) Check {
	c := Check{Name: "answer", About: u.host(), Verdict: OK, Took: millis(a.took)}
	if a.err != nil {
		c.Verdict, c.Says = Bad, "the upstream cannot be asked: "+plainNet(a.err)
		c.Remedy = "events are safe meanwhile, and go out once it can be reached; look at the checks above"
		if strings.Contains(a.err.Error(), "Proxy Authentication Required") {
			c.Says = "the proxy wants a user and a password"
			c.Remedy = "write both into the config: `proxy: http://USER:PASSWORD@" + u.proxy.Host + "`"
		}
		return c
	}
	c.Says = fmt.Sprintf("it answers in %s (status %d, to a request without a key)", round(a.took), a.status)
	to, err := url.Parse(a.location)
	switch {
	case a.status == http.StatusNetworkAuthenticationRequired,
		a.status/100 == 3 && err == nil && to.Host != "" && to.Hostname() != u.host():
		c.Verdict = Warn
		if to.Host != "" {
			c.Says += ", and sends on to " + to.Host
		}
		c.Remedy = "if that is the login page of the network, log in there; no event counts as sent by it"
	case a.status/100 == 5:
		c.Verdict = Warn
		c.Remedy = "the upstream has a disturbance, or something before it has; events wait until it is over"
	case a.took > slowAnswer:
		c.Verdict = Warn
		c.Remedy = "the way is slow: look at the network and at the proxy"
	}
	return c
}

const slowAnswer = 3 * time.Second

// plainNet says in words what a connection failed of.
func plainNet(err error) string {
	var refused *url.Error
	if errors.As(err, &refused) {
		err = refused.Err
	}
	text := err.Error()
	noName := &net.DNSError{}
	switch {
	case errors.As(err, &noName):
		return "its name is not found"
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "i/o timeout"):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(text, "refused"):
		return "the connection is refused: nobody listens there, or a firewall says no"
	case errors.Is(err, io.EOF), strings.Contains(text, "reset by peer"), strings.Contains(text, "forcibly closed"):
		return "the connection is cut: a firewall, or the other end, closes it"
	case strings.Contains(text, "unreachable"):
		return "there is no way there: this machine seems to be offline"
	}
	return withoutUser(text)
}
