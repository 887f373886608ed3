package notify

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"
)

// post is a mail server that speaks as much SMTP as a mail needs.
type post struct {
	net.Listener
	cert     tls.Certificate
	direct   bool   // encrypted from the start
	plain    bool   // does not offer to encrypt
	password string // "": asks for none
	refuses  string // an address
	busy     bool   // says 451 to everything

	mu     sync.Mutex // guards all below
	mails  []string
	to     []string
	logins []string
	secure bool
}

// openPost starts one on this machine, with a certificate for 127.0.0.1.
func openPost(t *testing.T, p *post) (*post, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	p.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	if p.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := p.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { conn.Close() }()
				if p.direct {
					conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{p.cert}})
				}
				p.talk(conn)
			})
		}
	})
	t.Cleanup(func() { p.Close(); serving.Wait() })
	return p, pool
}

func (p *post) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(conn)
	say := func(line string) { fmt.Fprint(conn, line+"\r\n") }
	say("220 mail.example ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb := strings.ToUpper(strings.TrimSpace(line))
		_, secure := conn.(*tls.Conn)
		switch {
		case p.busy && !strings.HasPrefix(verb, "EHLO") && verb != "QUIT":
			say("451 come back later")
		case strings.HasPrefix(verb, "EHLO"):
			say("250-mail.example")
			if !secure && !p.plain {
				say("250-STARTTLS")
			}
			if p.password != "" && (secure || p.plain) {
				say("250-AUTH LOGIN PLAIN")
			}
			say("250 8BITMIME")
		case verb == "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{p.cert}})
			in = bufio.NewReader(conn)
		case strings.HasPrefix(verb, "AUTH PLAIN "):
			login, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line[len("AUTH PLAIN "):]))
			p.mu.Lock()
			p.logins = append(p.logins, string(login))
			p.mu.Unlock()
			if string(login) != "\x00user\x00"+p.password {
				say("535 no: " + strings.TrimSpace(line)) // as careless servers do
				continue
			}
			say("235 welcome")
		case strings.HasPrefix(verb, "RCPT TO:"):
			if p.refuses != "" && strings.Contains(line, p.refuses) {
				say("550 no such user")
				continue
			}
			p.mu.Lock()
			p.to = append(p.to, strings.TrimSpace(line[len("RCPT TO:"):]))
			p.mu.Unlock()
			say("250 fine")
		case verb == "DATA":
			say("354 go on")
			text, err := readDots(in)
			if err != nil {
				return
			}
			p.mu.Lock()
			p.mails, p.secure = append(p.mails, text), secure
			p.mu.Unlock()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

// readDots reads a mail up to the dot.
func readDots(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == ".\r\n" {
			return b.String(), nil
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

// read takes a mail apart.
func read(t *testing.T, text string) (subject, body string, header mail.Header) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	var from io.Reader = m.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		from = quotedprintable.NewReader(from)
	}
	data, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return subject, strings.ReplaceAll(string(data), "\r\n", "\n"), m.Header
}

func TestMail(t *testing.T) {
	for name, p := range map[string]*post{
		"starttls": {password: "s3cret"},
		"tls":      {password: "s3cret", direct: true},
		"none":     {password: "s3cret", plain: true},
		"no login": {},
	} {
		t.Run(name, func(t *testing.T) {
			p, pool := openPost(t, p)
			m := &Mail{
				Server: p.Addr().String(), From: "Bäcker Kö <relay@shop.example>", To: []string{"owner@shop.example", "IT <it@shop.example>"},
				TLS: MailTLS(name), roots: pool,
			}
			if name == "no login" {
				m.TLS = StartTLS
			} else {
				m.User, m.Password = "user", "s3cret"
			}
			if arrived, err := m.Tell(t.Context(), twoNotices()); arrived != 2 || err != nil {
				t.Fatal(arrived, err)
			}
			if len(p.mails) != 2 || strings.Join(p.to, " ") != "<owner@shop.example> <it@shop.example>" || p.secure != (name != "none") {
				t.Fatalf("%d mails to %v, encrypted: %v", len(p.mails), p.to, p.secure)
			}
			subject, body, header := read(t, p.mails[0])
			if want := "[Kö] 2 alarms, the first: no sale from till"; subject != want {
				t.Errorf("subject %q, want %q", subject, want)
			}
			want := "no sale from till\n  Since 2026-12-01 09:30.\n  What to do: look\n  (silence/till)\n\n" +
				"2 dead\n  It is over: from 2026-12-01 09:30 to 2026-12-01 11:00 (90 minutes).\n  (dead/shop)\n\n-- \nfunnelrelay 1.0 at Kö\n"
			if strings.TrimRight(body, "\n") != strings.TrimRight(want, "\n") {
				t.Errorf("body %q\nwant %q", body, want)
			}
			if header.Get("Auto-Submitted") != "auto-generated" || header.Get("Date") == "" || header.Get("Message-Id") == "" || strings.Contains(header.Get("To"), "it@") {
				t.Errorf("%v", header)
			}
		})
	}
}

func TestMailThatFails(t *testing.T) {
	for name, row := range map[string]struct {
		post    *post
		change  func(m *Mail)
		arrived int
		want    string // a part of the error
	}{
		"wrong password": {post: &post{password: "other"}, want: "535"},
		"unknown certificate": {post: &post{password: "s3cret"}, change: func(m *Mail) { m.roots = x509.NewCertPool() },
			want: "certificate signed by unknown authority"},
		"not encrypted":      {post: &post{password: "s3cret", plain: true}, want: "STARTTLS"},
		"one of two refused": {post: &post{password: "s3cret", refuses: "it@shop.example"}, arrived: 2, want: "it@shop.example"},
		"all refused":        {post: &post{password: "s3cret", refuses: "shop.example"}, want: "no such user"},
		"busy":               {post: &post{password: "s3cret", direct: true, busy: true}, change: func(m *Mail) { m.TLS = OnlyTLS }, want: "451"},
		"nobody there":       {post: &post{}, change: func(m *Mail) { m.Server = "127.0.0.1:1" }, want: "127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			p, pool := openPost(t, row.post)
			m := &Mail{
				Server: p.Addr().String(), From: "relay@shop.example", To: []string{"owner@shop.example", "it@shop.example"},
				User: "user", Password: "s3cret", TLS: StartTLS, roots: pool,
			}
			if row.change != nil {
				row.change(m)
			}
			arrived, err := m.Tell(t.Context(), twoNotices())
			text := explained(m, err)
			if arrived != row.arrived || !strings.Contains(text, row.want) {
				t.Errorf("%d arrived; %s", arrived, text)
			}
			noSecrets(t, m, err)
			if strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("\x00user\x00s3cret"))) {
				t.Errorf("the login is shown: %s", text)
			}
			t.Log(text)
		})
	}
}

// A text from elsewhere cannot add a line to the head of a mail.
func TestSubject(t *testing.T) {
	list := []Notice{{State: Test, Site: "a\r\nBcc: x@y.example", What: "b\r\n\r\nc " + strings.Repeat("long ", 100)}}
	got := subject(list)
	if strings.ContainsAny(got, "\r\n") || len(got) > 300 {
		t.Errorf("%q", got)
	}
	p, _ := openPost(t, &post{plain: true})
	m := &Mail{Server: p.Addr().String(), From: "a@b.example", To: []string{"c@d.example"}, TLS: NoTLS}
	if _, err := m.Tell(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	subject, _, header := read(t, p.mails[0])
	if header.Get("Bcc") != "" || !strings.HasPrefix(subject, "[a Bcc: x@y.example] test: b c long") {
		t.Errorf("%q %v", subject, header)
	}
}

// A server that takes the connection and says nothing is left alone.
func TestMailThatHangs(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	m := &Mail{Server: silent.Addr().String(), From: "a@b.example", To: []string{"c@d.example"}, TLS: StartTLS}
	_, err = m.Tell(ctx, twoNotices())
	if got := explained(m, err); got != "no answer in time" {
		t.Errorf("%s", got)
	}
}
