package session

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestSessionOutlivesRestartAndDiesWithTheToken(t *testing.T) {
	first := New("token")
	of := first.Begin(noon)
	text := first.text(of)
	for name, c := range map[string]struct {
		in    *Sessions
		text  string
		at    time.Time
		valid bool
	}{
		"at once":                {first, text, noon, true},
		"after a restart":        {New("token"), text, noon.Add(29 * 24 * time.Hour), true},
		"too old":                {first, text, noon.Add(Lasts + time.Second), false},
		"a clock set back":       {first, text, noon.Add(-time.Hour), true},
		"begun in 2038":          {first, first.text(first.of(of.id, noon.AddDate(12, 0, 0))), noon, false},
		"another token":          {New("other"), text, noon, false},
		"no token":               {New(""), text, noon, false},
		"no token, twice":        {New(""), New("").text(of), noon, false},
		"another's id":           {first, base64.RawURLEncoding.EncodeToString(append([]byte("0123456789abcdef"), decoded(text)[16:]...)), noon, false},
		"cut off":                {first, text[:len(text)-4], noon, false},
		"empty":                  {first, "", noon, false},
		"not base64":             {first, "ä" + text[1:], noon, false},
		"with other spare bits":  {first, text[:len(text)-1] + "_", noon, false},
		"a CSRF token as cookie": {first, of.csrf, noon, false},
	} {
		got := c.in.read(c.text, c.at)
		if (got != nil) != c.valid {
			t.Errorf("%s: let in is %v", name, got != nil)
		}
		if got != nil && got.csrf != of.csrf {
			t.Errorf("%s: another CSRF token", name)
		}
	}
	other := first.Begin(noon)
	if other.csrf == of.csrf {
		t.Error("two sessions share a CSRF token")
	}
	first.End(of, noon)
	if first.read(text, noon) != nil || first.read(first.text(other), noon) == nil {
		t.Error("logging out ends the wrong session")
	}
	for range endedMax + 10 {
		first.End(first.Begin(noon), noon.Add(time.Minute))
	}
	if len(first.ended) > endedMax {
		t.Errorf("%d ended sessions are kept", len(first.ended))
	}
}

func decoded(text string) []byte {
	b, _ := base64.RawURLEncoding.DecodeString(text)
	return b
}

func TestLogoutOutlivesRestart(t *testing.T) {
	first := New("token")
	out, in := first.Begin(noon), first.Begin(noon)
	first.End(out, noon)
	second := New("token")
	second.Remember(first.Ended())
	if second.read(first.text(out), noon) != nil || second.read(first.text(in), noon) == nil {
		t.Error("who logged out is in, or who did not is out")
	}
	second.End(in, noon.Add(2*(Lasts+ahead)))
	if n := len(second.Ended()); n != endedBytes {
		t.Errorf("%d bytes: what is over is not forgotten", n)
	}
	for _, broken := range [][]byte{nil, []byte("x"), make([]byte, endedBytes-1), make([]byte, 3*endedMax*endedBytes)} {
		third := New("token")
		third.Remember(broken)
		if len(third.ended) > endedMax || third.read(first.text(in), noon) == nil {
			t.Errorf("%d bytes shut out", len(broken))
		}
	}
}

func TestCodeLetsInOnce(t *testing.T) {
	s := New("token")
	code, until := s.Code(noon)
	if len(code) < 43 || !until.Equal(noon.Add(CodeLasts)) {
		t.Errorf("code %q until %v", code, until)
	}
	if s.Redeem("", noon) || s.Redeem(code+"x", noon) {
		t.Error("a wrong code lets in")
	}
	if !s.Redeem(code, noon.Add(CodeLasts-1)) || s.Redeem(code, noon) {
		t.Error("a code lets in once")
	}
	late, _ := s.Code(noon)
	if s.Redeem(late, noon.Add(CodeLasts)) {
		t.Error("a code that is too old lets in")
	}
	first, _ := s.Code(noon)
	for range codesMax {
		s.Code(noon)
	}
	if s.Redeem(first, noon) || len(s.codes) != codesMax {
		t.Errorf("%d codes are open", len(s.codes))
	}
}

func TestCookie(t *testing.T) {
	s := New("token")
	of := s.Begin(noon)
	give := func(url string, header ...string) *http.Cookie {
		r := httptest.NewRequest("GET", url, nil)
		for _, h := range header {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		s.Give(w, r, of)
		return w.Result().Cookies()[0]
	}
	c := give("http://127.0.0.1:8787/")
	if c.Name != "funnelrelay-8787" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	if c := give("https://relay.example/"); c.Name != "funnelrelay" || !c.Secure {
		t.Errorf("cookie %+v", c)
	}
	if c := give("http://relay.example/", "X-Forwarded-Proto: https"); !c.Secure {
		t.Errorf("cookie %+v", c)
	}
	r := httptest.NewRequest("GET", "http://127.0.0.1:8787/", nil)
	r.AddCookie(&http.Cookie{Name: c.Name, Value: "of another time"})
	r.AddCookie(c)
	if s.Read(r, noon) == nil {
		t.Error("a right cookie beside a wrong one does not let in")
	}
	for age, renewed := range map[time.Duration]bool{time.Hour: false, 25 * time.Hour: true, -time.Hour: true} {
		w := httptest.NewRecorder()
		s.Renew(w, r, of, noon.Add(age))
		if got := len(w.Result().Cookies()) == 1; got != renewed {
			t.Errorf("after %v: renewed is %v", age, got)
		}
	}
}

func TestLocal(t *testing.T) {
	for next, want := range map[string]string{
		"/dead?state=dead&q=a%20b": "/dead?state=dead&q=a%20b", "/": "/", "/events/00ab": "/events/00ab", "/days#today": "/days",
		"": "/", "dead": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/", "https://evil.example/": "/",
		"/\t/evil.example": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: b": "/", "/login?code=1": "/", "/logout": "/",
		"/api/v1/status": "/", "/%zz": "/", "?a": "/", "mailto:a@b": "/",
	} {
		if got := Local(next); got != want {
			t.Errorf("%q goes to %q, want %q", next, got, want)
		}
	}
}

func TestSlow(t *testing.T) {
	s := NewSlow()
	here, there := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.1")
	now := noon
	var waits []string
	for range 12 { // each as soon as it is looked at
		for {
			wait := s.Try(here, now, false)
			if wait == 0 {
				break
			}
			waits = append(waits, wait.String())
			now = now.Add(wait)
		}
	}
	if got := strings.Join(waits, " "); got != "1s 2s 4s 8s 16s 30s 30s" {
		t.Errorf("waits %s", got)
	}
	if s.Try(here, now, true) == 0 {
		t.Error("a right one is looked at before its time")
	}
	if wait := s.Try(here, now.Add(-time.Hour), true); wait > longestWait {
		t.Errorf("a clock that was set back locks out for %v", wait)
	}
	if s.Try(there, now, false) != 0 {
		t.Error("another address waits as well")
	}
	if s.Try(here, now.Add(longestWait), true) != 0 || s.Try(here, now, false) != 0 {
		t.Error("a right one does not begin anew")
	}
	// Many addresses use up what all have together, but not the machine's own.
	for i := range 2 * addressesMax {
		s.Try(netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::1", i)), now, false)
	}
	if s.Try(there, now, true) == 0 || s.Try(here, now, true) != 0 {
		t.Error("guessers from many places are not slowed down, or shut the owner out")
	}
	if s.Try(there, now.Add(2*time.Second), true) != 0 {
		t.Error("the others are locked out for long")
	}
	for i := range 2 * addressesMax {
		s.Try(netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::1", i)), now.Add(time.Duration(i)*time.Second), false)
	}
	if len(s.from) > addressesMax {
		t.Errorf("%d addresses are kept", len(s.from))
	}
}

func TestPage(t *testing.T) {
	for language, want := range map[string]string{"": "Log in", "de-AT,en;q=0.5": "Anmelden", "fr": "Log in", "en-GB,de": "Log in", ";;": "Log in"} {
		r := httptest.NewRequest("GET", "/dead", nil)
		r.Header.Set("Accept-Language", language)
		w := httptest.NewRecorder()
		Show(w, r, 401, Ask, `/dead?q="><script>`)
		body := w.Body.String()
		if w.Code != 401 || !strings.Contains(body, want) || !strings.Contains(body, "funnelrelay dashboard") || strings.Contains(body, "<script") {
			t.Errorf("%s: %d %s", language, w.Code, body)
		}
	}
	for name := range english {
		if deutsch[name] == "" || english[name] == "" || len(deutsch) != len(english) {
			t.Errorf("%q is not in both languages", name)
		}
	}
}
