// Command go sends one event to the relay, until it is taken:
//
//	go run main.go ACTION FILE KEY
//
// FILE holds the event as JSON, KEY names it for good (an order's number). The
// exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
// again later with the same key, 2 when the event itself was refused, 3 when the
// address or the credentials are wrong. It needs nothing but the standard library.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: ACTION FILE KEY")
		os.Exit(3)
	}
	body, err := os.ReadFile(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	status, answer := send(os.Args[1], body, os.Args[3])
	switch status {
	case http.StatusOK, http.StatusAccepted:
		fmt.Print(answer)
		return
	}
	fmt.Fprintln(os.Stderr, status, answer) // it names what to correct, and where
	switch {
	case status == 400 || status == 413 || status == 415 || status == 422:
		os.Exit(2)
	case counts(status):
		os.Exit(3)
	}
	os.Exit(1)
}

// send tries until there is an answer that counts; always the same bytes and key.
func send(action string, body []byte, key string) (status int, answer string) {
	tries, err := strconv.Atoi(cmp.Or(os.Getenv("FUNNELRELAY_TRIES"), "5"))
	if err != nil {
		return 0, err.Error()
	}
	wait, err := time.ParseDuration(cmp.Or(os.Getenv("FUNNELRELAY_WAIT"), "1") + "s")
	if err != nil {
		return 0, err.Error()
	}
	for ; ; tries-- {
		if status, answer = post(action, body, key); counts(status) || tries <= 1 {
			return status, answer
		}
		time.Sleep(wait)
		wait *= 2
	}
}

// counts says whether the relay has decided; if not, the same is sent again.
func counts(status int) bool {
	return status == 200 || status == 202 || status >= 400 && status < 500 && status != 408 && status != 429
}

// post sends once and returns the status and the answer; 0 when there is none.
func post(action string, body []byte, key string) (status int, answer string) {
	base := cmp.Or(os.Getenv("FUNNELRELAY_URL"), "http://127.0.0.1:8787")
	req, err := http.NewRequest(http.MethodPost, base+"/api/v1/webhook/"+url.PathEscape(action), bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-PROJECT-ID", os.Getenv("FUNNELRELAY_PROJECT_ID"))
	req.Header.Set("X-API-KEY", os.Getenv("FUNNELRELAY_API_KEY"))
	req.Header.Set("Idempotency-Key", key)
	client := http.Client{Timeout: 40 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(text)
}
