package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"funnelrelay/relay/config"
)

// redactor takes secrets and e-mail addresses out of texts. The log and the
// status hold none by the relay's promises; this stands behind them, as what it
// writes leaves the house.
type redactor struct {
	secrets [][]byte
	salt    []byte // of this one alone: without it, a hash of an address could be guessed
}

// shortestHidden is the least length of a secret that is looked for: a shorter
// one is in any text.
const shortestHidden = 4

func newRedactor(secrets []string) *redactor {
	r := &redactor{salt: []byte(rand.Text())}
	for _, s := range secrets {
		if len(s) >= shortestHidden {
			r.secrets = append(r.secrets, []byte(s))
			if escaped := strings.Trim(string(bytes.TrimSpace(asJSON(s))), `"`); escaped != s {
				r.secrets = append(r.secrets, []byte(escaped))
			}
		}
	}
	return r
}

// address finds e-mail addresses, also as they stand in URLs and in JSON. It
// rather takes too much than too little.
var address = regexp.MustCompile(`(?i)[^\s"'<>,;:()=\\/{}\[\]|&?%]+(?:@|%40|\\u0040)[\pL\pN][\pL\pN.-]*`)

func (r *redactor) text(text []byte) []byte {
	for _, s := range r.secrets {
		text = bytes.ReplaceAll(text, s, []byte(config.Hidden))
	}
	return address.ReplaceAllFunc(text, func(found []byte) []byte {
		plain := strings.ToLower(string(found))
		plain = strings.ReplaceAll(strings.ReplaceAll(plain, "%40", "@"), `\u0040`, "@")
		mac := hmac.New(sha256.New, r.salt)
		mac.Write([]byte(strings.TrimRight(plain, ".-")))
		return []byte("<email:" + hex.EncodeToString(mac.Sum(nil)[:4]) + ">")
	})
}
