package doctor

import (
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"time"
)

// proxyTime is how long a proxy may take to be there.
const proxyTime = 5 * time.Second

// variable is the environment variable by which a proxy is found.
func variable(scheme string) string {
	names := []string{"HTTPS_PROXY", "https_proxy"}
	if scheme == "http" {
		names = []string{"HTTP_PROXY", "http_proxy"}
	}
	for _, name := range names {
		if os.Getenv(name) != "" {
			return "the environment variable " + name
		}
	}
	return "the environment"
}

// way says which proxy is used, why, and whether it is there.
func (u *upstream) way(ctx context.Context) Check {
	c := Check{Name: "proxy", About: u.host(), Verdict: OK}
	switch {
	case u.proxyErr != nil:
		c.Verdict, c.Says = Bad, "the proxy that the environment names cannot be used: "+withoutUser(u.proxyErr.Error())
		c.Remedy = "write HTTPS_PROXY as in http://proxy.example:3128, or set `proxy` in the config"
		return c
	case u.proxy == nil:
		c.Says = u.direct()
		if named := systemProxy(); named != "" && !loopback(u.host()) {
			c.Verdict = Warn
			c.Says += "; but Windows' own settings name " + named + ", which the relay does not follow"
			c.Remedy = "if the upstream cannot be reached, write that proxy into the config: `proxy: http://…`"
		}
		return c
	}
	shown := *u.proxy
	shown.User = nil
	c.Says = fmt.Sprintf("%s, from %s", shown.String(), u.proxyFrom)
	if u.proxy.User != nil {
		c.Says += ", with a password"
	}
	began := time.Now()
	dialer := net.Dialer{Timeout: proxyTime}
	conn, err := dialer.DialContext(ctx, "tcp", address(u.proxy))
	c.Took = millis(time.Since(began))
	if err != nil {
		c.Verdict = Bad
		c.Says += ", does not answer: " + plainNet(err)
		c.Remedy = "look at the name and the port of the proxy, and whether it runs; without a proxy write `proxy: none`"
		return c
	}
	_ = conn.Close() // nothing was sent
	c.Says += ", answers"
	return c
}

// direct says why no proxy is used.
func (u *upstream) direct() string {
	switch {
	case u.proxyFrom != "":
		return "none: the config says so"
	case loopback(u.host()):
		return "none: the upstream is on this machine"
	case os.Getenv("NO_PROXY") != "" || os.Getenv("no_proxy") != "":
		return "none: the environment names none, or NO_PROXY excepts the upstream"
	}
	return "none: the environment names none"
}

// user is what stands before the @ of an address.
var user = regexp.MustCompile(`[^\s/"=;]+@`)

// withoutUser takes users and passwords out of a text with addresses in it.
func withoutUser(text string) string { return user.ReplaceAllString(text, hidden+"@") }
