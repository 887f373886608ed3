package forward

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// proxyRefusal is the answer of a proxy that would not make the tunnel. The
// upstream has not seen the request.
type proxyRefusal struct {
	status int
	text   string
}

func (e *proxyRefusal) Error() string { return fmt.Sprintf("proxy answered %d %s", e.status, e.text) }

// requestFault says that no request can be made from the options.
type requestFault struct{ text string }

func (e *requestFault) Error() string { return e.text }

// isTrustFault reports a TLS or certificate fault: somebody answered, but not
// with what makes the connection safe. That is for a person to mend, while a
// handshake that was cut or timed out is a network fault.
func isTrustFault(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		header       tls.RecordHeaderError
		alert        tls.AlertError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
	)
	switch {
	case errors.As(err, &verification), errors.As(err, &header), errors.As(err, &alert),
		errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &roots):
		return true
	}
	// The rest of crypto/tls makes plain errors, with this prefix; a remote
	// alert is a *net.OpError with the operation "remote error".
	text := err.Error()
	return strings.HasPrefix(text, "tls: ") || strings.Contains(text, "remote error: tls: ") ||
		strings.Contains(text, "server gave HTTP response to HTTPS client")
}
