package forward

import (
	"fmt"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// deliveryBounds are the upper edges, in seconds, of how long an event took from
// its acceptance to the upstream: from at once to a week's outage.
var deliveryBounds = [...]float64{0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600, 72 * 3600, 168 * 3600}

// attemptBounds are the upper edges, in seconds, of how long one POST took.
var attemptBounds = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// meter counts a project's attempts. Its methods may be called concurrently.
type meter struct {
	attempts map[string]*metrics.Counter // by outcome; not changed
	duration *metrics.PrometheusHistogram
	delivery *metrics.PrometheusHistogram
}

func newMeter(set *metrics.Set, project string) *meter {
	m := &meter{
		attempts: map[string]*metrics.Counter{},
		duration: set.GetOrCreatePrometheusHistogramExt(
			fmt.Sprintf("funnelrelay_attempt_seconds{project=%q}", project), attemptBounds[:]),
		delivery: set.GetOrCreatePrometheusHistogramExt(
			fmt.Sprintf("funnelrelay_delivery_seconds{project=%q}", project), deliveryBounds[:]),
	}
	for _, v := range Verdicts() {
		m.attempts[string(v)] = nil
	}
	for _, label := range []string{"network", "unknown", "portal"} {
		m.attempts[label] = nil
	}
	for label := range m.attempts {
		m.attempts[label] = set.GetOrCreateCounter(
			fmt.Sprintf("funnelrelay_attempts_total{project=%q,outcome=%q}", project, label))
	}
	return m
}

// attempt counts one POST.
func (m *meter) attempt(label string, took time.Duration) {
	m.attempts[label].Inc()
	m.duration.Update(took.Seconds())
}
