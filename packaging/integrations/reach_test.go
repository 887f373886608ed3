package integrations

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The proxies of the guide, with its own text as their config, in front of the
// relay: who shows the key may post, everybody else is told why not.
func TestProxiesOfTheGuide(t *testing.T) {
	guide := map[string]string{}
	for _, b := range blocks(file(t, "reach/README.md")) {
		guide[b.kind] = b.text
	}
	for name, run := range map[string]func(t *testing.T, text, relay, own string) (scheme string, cmd *exec.Cmd){
		"nginx": nginx, "caddy": caddy,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("%s is not here", name) // it cannot be installed without being started
			}
			r := newRig(t, nil)
			own := freeAddress(t)
			scheme, cmd := run(t, guide[map[string]string{"nginx": "nginx", "caddy": "Caddyfile"}[name]], r.addr, own)
			runs(t, cmd, own)
			passes(t, r, scheme+"://"+own)
		})
	}
	if !strings.Contains(guide["nginx"], "proxy_set_header Host $host;") || !strings.Contains(guide["nginx"], "proxy_set_header X-Forwarded-For ") {
		t.Error("without these headers nginx makes of the relay a port that is open to all")
	}
	if !strings.Contains(guide["Caddyfile"], public+" {\n\treverse_proxy 127.0.0.1:8787\n}") {
		t.Error("the Caddyfile is not the one that is meant")
	}
}

// replaced puts each of the pairs' second in the place of its first, which must be
// there.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func nginx(t *testing.T, text, relay, own string) (string, *exec.Cmd) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	selfSigned(t, cert, key)
	const live = "/etc/letsencrypt/live/" + public + "/"
	text = replaced(t, text, "listen 443 ssl", "listen "+own+" ssl", live+"fullchain.pem", cert, live+"privkey.pem", key, "http://127.0.0.1:8787", "http://"+relay)
	temporary := ""
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary += name + "_temp_path " + filepath.Join(dir, name) + ";\n"
	}
	conf := filepath.Join(dir, "nginx.conf")
	text = "daemon off;\nmaster_process off;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n" + temporary + text + "}\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "https", exec.Command("nginx", "-e", "stderr", "-p", dir, "-c", conf)
}

func caddy(t *testing.T, text, relay, own string) (string, *exec.Cmd) {
	dir := t.TempDir()
	_, port, _ := net.SplitHostPort(own)
	// No certificate can be had for a name that is nobody's.
	text = "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n" + replaced(t, text, public+" {", "http://"+public+":"+port+" {", "127.0.0.1:8787", relay)
	conf := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("caddy", "run", "--config", conf, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	return "http", cmd
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return l.Addr().String()
}

// runs has a server run until the test ends, and waits until it listens.
func runs(t *testing.T, cmd *exec.Cmd, address string) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-ticker.C {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%v: %v\n%s", cmd.Args, err, &said)
		default:
		}
	}
	t.Fatalf("%v does not listen", cmd.Args)
}

// passes posts through a proxy: 30 at once with the key, and one without.
func passes(t *testing.T, r *rig, base string) {
	t.Helper()
	client := &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: public}, // the test made its certificate
	}}
	defer client.CloseIdleConnections()
	post := func(i int, key string) answer {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+"/api/v1/webhook/Lead", strings.NewReader(fmt.Sprintf(`{"email":"%d@shop.example"}`, i)))
		if err != nil {
			t.Error(err)
			return answer{}
		}
		req.Host = public
		req.Header.Set("Content-Type", "application/json")
		if key != "" {
			req.Header.Set("X-API-KEY", key)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Error(err)
			return answer{}
		}
		return read(t, res)
	}
	const many = 30
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			if a := post(i, secretKey); !a.is("202 queued") {
				t.Errorf("%d %s", a.status, a.text)
			}
		})
	}
	all.Wait()
	if a := post(many, ""); !a.is("401 http.auth") || !strings.Contains(a.Detail, "proxy or tunnel") {
		t.Errorf("without a key: %d %s", a.status, a.text)
	}
	r.arrived(many)
}

func selfSigned(t *testing.T, certPath, keyPath string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{public}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certPath: {Type: "CERTIFICATE", Bytes: cert}, keyPath: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
