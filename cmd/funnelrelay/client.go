package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/ingest"
)

// client asks the running daemon over its local port.
type client struct {
	cfg  *config.Config
	base string
	http *http.Client
}

// errNotRunning says that nobody listens on the daemon's port.
var errNotRunning = errors.New("the relay is not running")

func newClient(cfg *config.Config) (*client, error) {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	c := &client{cfg: cfg, base: "http://" + net.JoinHostPort(host, port)}
	transport := &http.Transport{Proxy: nil} // the port is on this machine
	if cfg.HTTP.TLS.On() {
		c.base = "https://" + net.JoinHostPort(host, port)
		transport.TLSClientConfig = pinned(cfg)
	}
	c.http = &http.Client{Transport: transport, Timeout: time.Minute}
	return c, nil
}

// pinned trusts the one certificate that the config names: it need not be
// valid for the address by which this machine reaches itself.
func pinned(cfg *config.Config) *tls.Config {
	path := cfg.HTTP.TLS.Cert
	if cfg.HTTP.TLS.SelfSigned {
		path = ingest.SelfSignedCert(cfg.Data)
	}
	return &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection does it
		VerifyConnection: func(s tls.ConnectionState) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			block, _ := pem.Decode(text)
			if block == nil {
				return fmt.Errorf("%s: no certificate", path)
			}
			want, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if !want.Equal(s.PeerCertificates[0]) {
				return fmt.Errorf("the port shows another certificate than %s", path)
			}
			return nil
		},
	}
}

// ask makes one request with the admin token and decodes a JSON answer into
// answer, unless that is nil.
func (c *client) ask(ctx context.Context, method, path string, answer any) error {
	return c.tell(ctx, method, path, nil, answer)
}

// tell is ask with a body of JSON, unless that is nil.
func (c *client) tell(ctx context.Context, method, path string, body io.Reader, answer any) error {
	token, err := ingest.ReadAdminToken(c.cfg.Data)
	if err != nil {
		return fmt.Errorf("%w (is it the right config, and may this user read the data folder?)", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	res, err := c.http.Do(req)
	if err != nil {
		return notRunning(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the relay answered %s: %s", res.Status, told(text))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

func notRunning(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "refused") {
		return fmt.Errorf("%w: %w", errNotRunning, err)
	}
	return err
}

// told is what an error answer says, for people.
func told(body []byte) string {
	var p struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Errors []struct {
			Pointer string `json:"pointer"`
			Detail  string `json:"detail"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &p) != nil || p.Title == "" {
		return string(bytes.TrimSpace(body))
	}
	text := p.Title
	if p.Detail != "" {
		text = p.Detail
	}
	for _, e := range p.Errors {
		text += "\n  " + strings.TrimPrefix(e.Pointer+": ", ": ") + e.Detail
	}
	return text
}
