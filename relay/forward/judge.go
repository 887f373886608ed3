package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"funnelrelay/spool"
)

// effect is what an attempt shows about the upstream, whatever it means for
// the record.
type effect uint8

const (
	nothing  effect = iota // not even tried
	answered               // it took the event or refused this one: it works
	failing                // it failed with this record; with many, it is down
	down                   // it cannot be reached, or says that all have to wait
	refused                // it refuses the project
)

// judgement is what an attempt means.
type judgement struct {
	verdict Verdict
	effect  effect
	status  int           // 0: no answer
	cause   string        // in words, without a secret; empty when sent
	after   time.Duration // what Retry-After asked for
	arrived bool          // not sent for certain, but it may have arrived
	label   string        // of the metric: the verdict, or why there was none
	answer  []byte        // the first kilobyte of it; valid until the next attempt
	began   time.Time     // of the attempt
	took    time.Duration // it
}

// outcome is what the spool keeps of the attempt.
func (j *judgement) outcome() spool.Outcome {
	return spool.Outcome{Status: j.status, Cause: j.cause, Answer: j.answer, Began: j.began, Took: j.took}
}

// judge says what a means. table is not asked when there was no answer.
func judge(table Table, a answer, timeout time.Duration) judgement {
	if a.err != nil {
		return judgeError(table, a, timeout)
	}
	j := judgement{status: a.status, answer: a.head}
	if _, set := table.status[a.status]; !set && a.status/100 == 2 && isPage(a.head) {
		// Nobody takes an event over with a web page; who shows one stands in
		// between. Should it have been the upstream after all, the repeat is
		// refused, and that refusal is then proof.
		j.verdict, j.effect, j.label, j.arrived = Retry, down, "portal", true
		j.cause = fmt.Sprintf("answered %d with a web page: a login page or proxy stands before the upstream", a.status)
		return j
	}
	j.verdict = table.verdict(a.status, a.head)
	j.label = string(j.verdict)
	if j.verdict == Sent {
		j.effect = answered
		return j
	}
	j.cause = fmt.Sprintf("answered %d", a.status)
	if a.cut && j.verdict == Dead {
		// What was cut off may have said that it is a duplicate.
		j.verdict, j.arrived = Retry, true
		j.cause += ", and the answer was cut short"
		j.label = string(j.verdict)
	}
	j.arrived = j.arrived || a.status/100 != 4
	switch j.verdict {
	case Duplicate, Dead:
		j.effect = answered
	case Pause:
		j.effect = refused
		if where := a.header.Get("Location"); where != "" && a.status/100 == 3 {
			j.cause += " (a redirect, not followed)"
		}
	case Retry:
		j.effect = failing
		j.after = parseRetryAfter(a.header.Get("Retry-After"), answeredAt(a.header))
		if a.status == http.StatusTooManyRequests || j.after > 0 {
			j.effect = down
		}
	}
	return j
}

// judgeError is judge for an attempt without an answer.
func judgeError(table Table, a answer, timeout time.Duration) judgement {
	var proxy *proxyRefusal
	var request *requestFault
	j := judgement{verdict: Retry, effect: down, label: "network", cause: a.err.Error()}
	switch {
	case errors.Is(a.err, context.DeadlineExceeded):
		j.cause = "no answer within " + timeout.String()
	case errors.Is(a.err, io.EOF):
		j.cause = "the connection was closed before the answer came"
	}
	switch {
	case a.begun:
		j.effect, j.label, j.arrived = failing, "network", a.whole
		if a.whole {
			j.label = "unknown"
		}
	case errors.As(a.err, &proxy):
		j.status = proxy.status
		if table.verdict(proxy.status, nil) == Pause {
			j.verdict, j.effect, j.label = Pause, refused, string(Pause)
		}
	case errors.As(a.err, &request), isTrustFault(a.err):
		j.verdict, j.effect, j.label = Pause, refused, string(Pause)
	}
	return j
}

// answeredAt is the answer's own idea of the time, so that a Retry-After that is
// a date works on a machine whose clock is wrong.
func answeredAt(h http.Header) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return time.Now()
}

// isPage reports whether head begins as an HTML page does.
func isPage(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	head = bytes.TrimLeft(head, " \t\r\n")
	return hasPrefixFold(head, "<!doctype html") || hasPrefixFold(head, "<html")
}

// advice says what a person can do about a project that is refused with j.
func advice(project string, j judgement) string {
	where := "of project " + project + " in the config"
	switch {
	case j.status == 401 || j.status == 403:
		return "check api_key and project_id " + where +
			" against the integrations tab of the Funnelytics account (Webhook Secret Key, Webhook Account ID)"
	case j.status == 402:
		return "the account seems to be unpaid or over its plan: look into the Funnelytics account"
	case j.status == 404 || j.status == 405 || j.status == 410:
		return "check url and project_id " + where + ": nothing takes events at that address"
	case j.status == 407:
		return "the proxy wants a login: check the proxy's user and password in the environment or in the config"
	case j.status/100 == 3:
		return "check url " + where + ": the address has moved, or a login page of the network stands before it; " +
			"redirects are not followed, so that the key goes to nobody else"
	case j.status == 411 || j.status == 415 || j.status == 426:
		return "something between this machine and the upstream changes the requests: look at proxies and firewalls"
	case j.status != 0:
		return "see what the upstream or a proxy wants with this answer; outcomes " + where + " says what it means"
	}
	return "check the clock of this machine, url " + where +
		", and whether a proxy or virus scanner that opens TLS has its certificate installed here"
}
