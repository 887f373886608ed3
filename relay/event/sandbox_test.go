package event_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/sandbox"
)

// Whatever Normalize accepts, the strict stand-in for the upstream accepts.
func FuzzSandboxAgrees(f *testing.F) {
	f.Add("Lead", `{"email":" A@B ","session":true,"a":{"b":[1,{"c":null}]}}`)
	f.Add("a%2Fb", `{"dateTime":"2023-11-05 21:18","tags":["a",1]}`)
	f.Add(`%2F"`, `{}`) // net/url drops an escaped path that holds such a byte
	f.Add(event.CommerceAction, `{"purchase_data":[{"__sku__":"S","__label__":"L","__total_in_cents__":"-1","__order__":1,"__currency__":"eur","x":{"y":[]}}]}`)
	f.Add(event.CommerceAction, `{"purchase_data":"[{\"__sku__\":0,\"__label__\":\"\\u0000\",\"__total_in_cents__\":1,\"__order__\":\"1\",\"__currency__\":\"USD\"}]","dateTime":"2023-11-05"}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		r := &event.Rules{Zone: time.UTC}
		e, faults := event.Normalize(path, []byte(body), r)
		if faults != nil {
			return
		}
		s := e.Settle(blank{}, "p", time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC), r)
		request := httptest.NewRequest(http.MethodPost, "http://sandbox.test/api/v1/webhook/"+e.Path, bytes.NewReader(s.Body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-PROJECT-ID", "project")
		request.Header.Set("X-API-KEY", "key")
		answer := httptest.NewRecorder()
		sandbox.New(sandbox.Options{}).Handler().ServeHTTP(answer, request)
		if answer.Code/100 != 2 {
			t.Fatalf("%s became %s: %d %s", body, s.Body, answer.Code, answer.Body)
		}
	})
}

// blank remembers nothing.
type blank struct{}

func (blank) Seen(int64, [16]byte) (id uint64, link int64, ok bool) { return 0, 0, false }
func (blank) Remember(int64, [16]byte, int64)                       {}
