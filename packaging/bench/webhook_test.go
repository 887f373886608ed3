package main

import (
	"bytes"
	"net/http"
	"testing"
)

func TestWebhook(t *testing.T) {
	w, err := newWebhook(0)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	post := func(body []byte) error {
		r, err := client.Post(w.url(), "application/json", bytes.NewReader(body))
		if err == nil {
			_ = r.Body.Close()
		}
		return err
	}
	if post(appendEvent(nil, 1)) == nil {
		t.Error("it listens before it is up")
	}
	if err := w.up(); err != nil {
		t.Fatal(err)
	}
	defer w.down()
	for _, body := range [][]byte{appendEvent(nil, 1), appendEvent(nil, 2), appendEvent(nil, 1), []byte("{}")} {
		if err := post(body); err != nil {
			t.Fatal(err)
		}
	}
	if w.seen.len() != 2 || w.twice.Load() != 1 || w.foreign.Load() != 1 {
		t.Errorf("%d events, %d twice, %d foreign; want 2, 1, 1", w.seen.len(), w.twice.Load(), w.foreign.Load())
	}
	if w.firstAt().IsZero() || w.lastAt().Before(w.firstAt()) {
		t.Errorf("first at %s, last at %s", w.firstAt(), w.lastAt())
	}
	w.down()
	if post(appendEvent(nil, 3)) == nil {
		t.Error("it listens when it is down")
	}
}
