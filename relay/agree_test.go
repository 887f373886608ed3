package relay_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/sandbox"
)

// forgetful remembers no body.
type forgetful struct{}

func (forgetful) Seen(int64, [16]byte) (uint64, int64, bool) { return 0, 0, false }
func (forgetful) Remember(int64, [16]byte, int64)            {}

// FuzzAgree holds the two readings of the contract, which share no code, to
// each other: whatever the relay accepts, the sandbox takes; whatever the
// relay refuses names its fault by a JSON pointer.
func FuzzAgree(f *testing.F) {
	for _, body := range []string{exampleLead, exampleSingle, exampleMultiple, `{"a":{"b":[1,2]},"email":" A@b "}`,
		`{"purchase_data":"[{\"__sku__\":1}]","session":""}`, `{"dateTime":"2023-11-05 21:18","x":null}`, `{}`} {
		f.Add("Lead", []byte(body))
		f.Add(event.CommerceAction, []byte(body))
	}
	upstream := sandbox.New(sandbox.Options{UserDelay: sandbox.NoDelay, Keep: -1}).Handler()
	rules := &event.Rules{Zone: time.UTC, Defaults: map[string]string{"__currency__": "EUR"}}
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		e, faults := event.Normalize(path, body, rules)
		if faults != nil {
			if len(faults.List) == 0 {
				t.Fatal("refused without a fault")
			}
			for _, fault := range faults.List {
				if fault.Detail == "" || fault.Pointer != "" && !strings.HasPrefix(fault.Pointer, "/") {
					t.Fatalf("fault %+v", fault)
				}
			}
			return
		}
		settled := e.Settle(forgetful{}, "shop", time.Now(), rules)
		req := httptest.NewRequest(http.MethodPost, "/api/v1/webhook/Lead", strings.NewReader(string(settled.Body)))
		req.URL.Path, req.URL.RawPath = "/api/v1/webhook/"+e.Action, "/api/v1/webhook/"+e.Path
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Project-Id", "p")
		req.Header.Set("X-Api-Key", "k")
		answer := httptest.NewRecorder()
		upstream.ServeHTTP(answer, req)
		if answer.Code != http.StatusOK && answer.Code != http.StatusConflict {
			t.Fatalf("accepted %q %s\nas %s\nrefused upstream with %d %s", path, body, settled.Body, answer.Code, answer.Body)
		}
	})
}
