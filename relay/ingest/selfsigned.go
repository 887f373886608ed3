package ingest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	selfSignedYears = 10
	// renewBefore is how long before its end a certificate is replaced. It is
	// looked at when the relay starts.
	renewBefore = 90 * 24 * time.Hour
)

// SelfSignedCert is the path of the certificate that SelfSigned makes in dir.
func SelfSignedCert(dir string) string { return filepath.Join(dir, "cert.pem") }

// SelfSigned makes, in the folder dir, a certificate for this machine that
// signs itself, and returns the paths of its PEM files. It is for localhost,
// the loopback addresses, the machine's name, and hosts. One that is there,
// fits its key, is good for hosts, and lasts is kept, so that who was told to
// trust it need not be told again. Both files have mode 0600.
func SelfSigned(dir string, hosts []string) (cert, key string, err error) {
	cert, key = SelfSignedCert(dir), filepath.Join(dir, "key.pem")
	names := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil && name != "" {
		names = append(names, name)
	}
	for _, host := range hosts {
		names = append(names, hostName(host))
	}
	now := time.Now()
	if lasts(cert, key, names, now) {
		return cert, key, nil
	}
	certPEM, keyPEM, err := makeSelfSigned(names, now)
	if err != nil {
		return "", "", fmt.Errorf("self-signed certificate: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", fmt.Errorf("self-signed certificate: %w", err)
	}
	// A crash between the two leaves a pair that does not fit, which the next
	// start makes anew.
	if err := writeSecret(key, keyPEM); err != nil {
		return "", "", fmt.Errorf("self-signed certificate: %w", err)
	}
	if err := writeSecret(cert, certPEM); err != nil {
		return "", "", fmt.Errorf("self-signed certificate: %w", err)
	}
	return cert, key, nil
}

// lasts says whether the pair on disk can go on being used.
func lasts(cert, key string, names []string, now time.Time) bool {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil || pair.Leaf == nil || now.Before(pair.Leaf.NotBefore) || now.Add(renewBefore).After(pair.Leaf.NotAfter) {
		return false
	}
	for _, name := range names {
		if pair.Leaf.VerifyHostname(name) != nil {
			return false
		}
	}
	return true
}

func makeSelfSigned(names []string, now time.Time) (certPEM, keyPEM []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	// A clock at 1980 must not make a certificate that has ended once it is
	// set right: it cannot be earlier than this was written.
	if written := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC); now.Before(written) {
		now = written
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "funnelrelay", Organization: []string{"self-signed by funnelrelay"}},
		NotBefore:    now.AddDate(-1, 0, 0), // other machines' clocks are not right either
		NotAfter:     now.AddDate(selfSignedYears, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// Not an authority: who trusts it trusts this relay, not what it signs.
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	return certPEM, keyPEM, nil
}
