package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/wneessen/go-mail"
)

// Mail sends notices as mails. Those that are due at once are one mail.
type Mail struct {
	Server   string // HOST:PORT
	From     string
	To       []string
	User     string // "": the server asks for none
	Password string
	TLS      MailTLS

	roots *x509.CertPool // nil: the system's
}

// MailTLS is how the connection to a mail server is encrypted.
type MailTLS string

// The ways to encrypt it.
const (
	StartTLS MailTLS = "starttls" // after a hello, or not at all sent
	OnlyTLS  MailTLS = "tls"      // from the start
	NoTLS    MailTLS = "none"
)

// Tell sends a mail to each address. It arrived where one of them got it: the
// others would get it again and again while one address is wrong. That one is
// then in the error.
func (m *Mail) Tell(ctx context.Context, list []Notice) (arrived int, err error) {
	l := new(line)
	defer l.hangUp()
	defer context.AfterFunc(ctx, l.hangUp)() // the library itself heeds ctx while it dials only
	client, err := m.client(l)
	if err != nil {
		return 0, err
	}
	mails := make([]*mail.Msg, len(m.To))
	for i, to := range m.To {
		if mails[i], err = m.compose(to, list); err != nil {
			return 0, err
		}
	}
	err = client.DialAndSendWithContext(ctx, mails...)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	var refused []string
	for i, one := range mails {
		switch {
		case one.IsDelivered():
			arrived = len(list)
		case one.HasSendError():
			refused = append(refused, m.To[i]+": "+reason(one.SendError()))
		}
	}
	switch {
	case len(refused) > 0:
		return arrived, errors.New(strings.Join(refused, "; "))
	case arrived > 0:
		return arrived, nil // what failed was the goodbye
	case err == nil:
		return 0, errors.New("the mail server took nothing")
	}
	return 0, err
}

// reason takes from an error of the library what is of use to nobody.
func reason(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", affected recipient(s)")
	text, _, _ = strings.Cut(text, ", affected message ID")
	return text
}

// logins are the ways to log in, by preference. Plain ones are first, as they
// work everywhere; the library allows them over an encrypted connection only, or
// to this machine.
var logins = []mail.SMTPAuthType{
	mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5,
}

// line is the connection to a mail server. It is ours to close: the library
// leaves one open where the server is not as it should be.
type line struct {
	tls *tls.Config // not nil: encrypted from the start

	mu     sync.Mutex // guards all below
	conn   net.Conn
	closed bool
}

func (l *line) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	if l.tls != nil {
		conn, err = (&tls.Dialer{Config: l.tls}).DialContext(ctx, network, address)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn = conn; l.closed {
		_ = conn.Close()
	}
	return conn, nil
}

func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed = true; l.conn != nil {
		_ = l.conn.Close() // what was to be said was said
	}
}

func (m *Mail) client(l *line) (*mail.Client, error) {
	host, text, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	secure := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: m.roots}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(tellTime), mail.WithTLSConfig(secure), mail.WithDialContextFunc(l.dial),
	}
	switch m.TLS {
	case OnlyTLS:
		l.tls = secure
		options = append(options, mail.WithSSL())
	case NoTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.User != "" {
		options = append(options, mail.WithOpportunisticSMTPAuth(logins...), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	return mail.NewClient(host, options...)
}

func (m *Mail) compose(to string, list []Notice) (*mail.Msg, error) {
	one := mail.NewMsg()
	if err := one.From(m.From); err != nil {
		return nil, err
	}
	if err := one.To(to); err != nil {
		return nil, err
	}
	one.Subject(subject(list))
	one.SetMessageID()
	one.SetDate()
	one.SetGenHeader("Auto-Submitted", "auto-generated") // no out-of-office comes back
	one.SetUserAgent("funnelrelay")
	one.SetBodyString(mail.TypeTextPlain, letter(list))
	return one, nil
}

// subject says in one line what the mail is about.
func subject(list []Notice) string {
	first := &list[0]
	about := clip(first.What, 120)
	if len(list) > 1 {
		about = fmt.Sprintf("%d alarms, the first: %s", len(list), clip(first.What, 80))
	}
	switch first.State {
	case Over:
		about = "over: " + about
	case Test:
		about = "test: " + about
	}
	return "[" + clip(first.Site, 60) + "] " + about
}

// letter is the text of a mail.
func letter(list []Notice) string {
	var b strings.Builder
	for i := range list {
		n := &list[i]
		b.WriteString(n.What + "\n")
		switch n.State {
		case Over:
			fmt.Fprintf(&b, "  It is over: from %s to %s (%s).\n", stamp(n.Since), stamp(n.Until), lasted(n.Until.Sub(n.Since)))
		case Open:
			again := ""
			if n.Again {
				again = ", and still"
			}
			fmt.Fprintf(&b, "  Since %s%s.\n", stamp(n.Since), again)
			if n.Do != "" {
				fmt.Fprintf(&b, "  What to do: %s\n", n.Do)
			}
		}
		fmt.Fprintf(&b, "  (%s)\n\n", n.Name)
	}
	fmt.Fprintf(&b, "-- \nfunnelrelay %s at %s\n", list[0].Version, list[0].Site)
	return b.String()
}

func (m *Mail) String() string {
	text := "mail to " + strings.Join(m.To[:min(len(m.To), 3)], ", ")
	if more := len(m.To) - 3; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (m *Mail) secrets() []string {
	return []string{
		m.Password, base64.StdEncoding.EncodeToString([]byte(m.Password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + m.User + "\x00" + m.Password)),
	}
}
