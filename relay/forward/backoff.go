package forward

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How long things wait. The jitter comes after the cap: many relays that lost
// the same upstream must not come back in step.
const (
	retryFirst = 2 * time.Second // the first retry comes after about half of it
	retryFloor = 500 * time.Millisecond
	retryCap   = 5 * time.Minute
	proofCap   = 30 * time.Second // the cap while nobody knows whether the upstream is up

	probeFirst = time.Second
	probeCap   = 30 * time.Second
	pauseProbe = 5 * time.Minute

	afterCap = 50 * time.Minute // the longest Retry-After that is believed; with its jitter under an hour
)

// retryDelay is how long a record waits after its n-th failure (from 0): drawn
// between half a second and an edge that doubles from 2 s to limit.
func retryDelay(n int, limit time.Duration) time.Duration {
	return spread(retryFloor, doubled(retryFirst, n, limit))
}

// probeDelay is how long the gate waits before its n-th probe (from 0): about
// 1 s, doubling to 30 s, and never more.
func probeDelay(n int) time.Duration {
	edge := doubled(probeFirst, n, probeCap)
	return spread(edge*3/4, edge)
}

// pauseDelay is how long a paused project waits before its n-th probe (from 0).
func pauseDelay(n int) time.Duration {
	if n == 0 {
		return spread(probeFirst*3/4, probeFirst)
	}
	return spread(pauseProbe*4/5, pauseProbe)
}

// afterDelay adds jitter to a Retry-After of d: up to a tenth, at least up to a
// second.
func afterDelay(d time.Duration) time.Duration {
	return spread(d, d+max(d/10, time.Second))
}

// doubled is first · 2ⁿ, but not more than limit.
func doubled(first time.Duration, n int, limit time.Duration) time.Duration {
	for ; n > 0 && first < limit; n-- {
		first *= 2
	}
	return min(first, limit)
}

// spread draws a duration from low to high.
func spread(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + rand.N(high-low+1)
}

// parseRetryAfter reads a Retry-After header, which is in seconds or a date; a
// date is taken relative to that of the answer, whatever our own clock shows.
// It is bounded by afterCap; 0 means that there was none, or a useless one.
func parseRetryAfter(header string, answered time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if n, err := strconv.ParseUint(header, 10, 63); err == nil {
		return min(time.Duration(min(n, uint64(afterCap/time.Second)))*time.Second, afterCap)
	}
	if isDigits(header) { // more than an integer holds
		return afterCap
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(answered), 0), afterCap)
}

func isDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}
