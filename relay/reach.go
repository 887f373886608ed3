package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"funnelrelay/relay/config"
)

// reachWait is how long the way to the upstream may take.
const reachWait = 10 * time.Second

// Reach says whether the upstream of a project answers at all, by the way that
// its events will take: name, connection, proxy, certificate. It sends neither
// a key nor an event, and any answer will do.
func Reach(ctx context.Context, p config.Project) error {
	ctx, cancel := context.WithTimeout(ctx, reachWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, p.URL, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if proxy := proxyOf(&p); proxy != nil {
		transport.Proxy = proxy
	}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req) // no redirect is followed
	if cause := (*url.Error)(nil); errors.As(err, &cause) {
		err = cause.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", reachWait)
	case err != nil:
		return err
	}
	return res.Body.Close()
}

// proxyOf is the way out that a project's config names; nil: the environment's.
func proxyOf(p *config.Project) func(*http.Request) (*url.URL, error) {
	switch {
	case p.Proxy.None():
		return func(*http.Request) (*url.URL, error) { return nil, nil }
	case p.Proxy.URL() != nil:
		return http.ProxyURL(p.Proxy.URL())
	}
	return nil
}
