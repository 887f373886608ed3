package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestInProcess(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Kind", r.Header.Get("Content-Type"))
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "too late")
		_, _ = io.Copy(w, r.Body)
	})
	mux.HandleFunc("GET /nothing", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /endless", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := fmt.Fprintln(w, "line"); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("GET /cut", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("GET /hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client := &http.Client{Transport: inProcess{mux}}

	res, err := client.Post("http://offline/echo", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || string(text) != "hello" || res.StatusCode != http.StatusTeapot || res.Header.Get("X-Kind") != "text/plain" || res.Header.Get("X-Late") != "" {
		t.Errorf("%s %v %v", text, err, res)
	}
	if res, err = client.Get("http://offline/nothing"); err != nil || res.StatusCode != http.StatusOK || res.Status != "200 OK" {
		t.Errorf("%v %v", res, err)
	}
	if text, err = io.ReadAll(res.Body); err != nil || len(text) > 0 {
		t.Errorf("%s %v", text, err)
	}
	res, err = client.Get("http://offline/endless")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	if err := res.Body.Close(); err != nil { // the handler's next write fails, and it ends
		t.Error(err)
	}
	res, err = client.Get("http://offline/cut")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("an answer that was cut off looks whole: %s", text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://offline/hangs", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(req); err == nil {
		t.Error("a request that was given up was answered")
	}
}
