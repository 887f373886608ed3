package config

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	day      = 24 * time.Hour
	megabyte = 1_000_000
)

// fault is why a text cannot be a value. It never holds the text, which may be
// secret: whoever reports it knows whether the text may be shown.
type fault struct {
	is    string // what is wrong, after the text: "is not a size"
	write string // what to write instead
}

// textReader is a value that is read from the text of a scalar.
type textReader interface{ readText(text string) *fault }

// nodeReader is a value of more than one form.
type nodeReader interface {
	readNode(d *decoder, n *yaml.Node, path string)
}

// Size is a number of bytes.
type Size int64

// The units of a Size, larger ones first; the first that divides is shown.
var sizeUnits = [...]struct {
	name  string
	bytes float64
}{
	{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9},
	{"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}

// String writes the size in the largest unit in which it is a whole number.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if n := int64(u.bytes); s != 0 && int64(s)%n == 0 {
			return strconv.FormatInt(int64(s)/n, 10) + u.name
		}
	}
	return "0B"
}

func (s *Size) readText(text string) *fault {
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit := strings.TrimSpace(text[len(number):])
	n, ok := decimal(number)
	if !ok {
		return &fault{is: "is not a size", write: "write a number and a unit, as in 512MB, 2GB or 16MiB"}
	}
	if unit == "" {
		return &fault{is: "has no unit", write: "write it with one, as in " + number + "MB or " + number + "B"}
	}
	for _, u := range sizeUnits {
		if !strings.EqualFold(unit, u.name) {
			continue
		}
		if n*u.bytes > math.MaxInt64/2 {
			return &fault{is: "is more than can be counted", write: "write less, as in 2GB"}
		}
		*s = Size(math.Round(n * u.bytes))
		return nil
	}
	return &fault{is: "has an unknown unit", write: "use kB, MB, GB, TB or KiB, MiB, GiB, TiB"}
}

// decimal reads digits with at most one point between them, and no sign,
// exponent or name such as inf, which strconv would take.
func decimal(text string) (float64, bool) {
	if strings.Trim(text, "0123456789.") != "" || strings.HasPrefix(text, ".") || strings.HasSuffix(text, ".") {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// readDuration reads what time.ParseDuration reads, and days and weeks.
func readDuration(text string) (time.Duration, *fault) {
	if text == "0" {
		return 0, nil
	}
	if _, ok := decimal(text); ok {
		return 0, &fault{is: "has no unit", write: fmt.Sprintf("write it with one, as in %ss, %[1]sm, %[1]sh or %[1]sd", text)}
	}
	wrong := &fault{is: "is not a length of time", write: "write a number and a unit, as in 90s, 15m, 24h, 30d or 2w"}
	if text == "" {
		return 0, wrong
	}
	if strings.HasPrefix(text, "-") {
		return 0, &fault{is: "is less than nothing", write: wrong.write}
	}
	var sum time.Duration
	for rest := text; rest != ""; {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789."))]
		rest = rest[len(digits):]
		unit := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzµμ"))]
		rest = rest[len(unit):]
		n, ok := decimal(digits)
		if !ok {
			return 0, wrong
		}
		var part time.Duration
		switch unit {
		case "d", "w":
			long := float64(day)
			if unit == "w" {
				long *= 7
			}
			if n*long > math.MaxInt64/2 {
				return 0, &fault{is: "is longer than can be counted", write: "write less, as in 800d"}
			}
			part = time.Duration(n * long)
		default:
			var err error
			if part, err = time.ParseDuration(digits + unit); err != nil {
				return 0, wrong
			}
		}
		if sum += part; sum < 0 {
			return 0, &fault{is: "is longer than can be counted", write: "write less, as in 800d"}
		}
	}
	if sum > 100*365*day {
		return 0, &fault{is: "is longer than a hundred years", write: "write less, as in 800d"}
	}
	return sum, nil
}

// showDuration writes a length of time as readDuration reads it, short.
func showDuration(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%day == 0 && d > day:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Rate is a number of events in a time. The zero Rate is no limit.
type Rate struct {
	Events float64       // more than 0, unless Per is 0
	Per    time.Duration // a second, a minute or an hour
}

// PerSecond is the rate in events a second; 0: no limit.
func (r Rate) PerSecond() float64 {
	if r.Per <= 0 {
		return 0
	}
	return r.Events / r.Per.Seconds()
}

// String writes the rate as it stands in the file.
func (r Rate) String() string {
	unit := ""
	switch r.Per {
	case time.Second:
		unit = "/s"
	case time.Minute:
		unit = "/m"
	case time.Hour:
		unit = "/h"
	default:
		return "none"
	}
	return strconv.FormatFloat(r.Events, 'f', -1, 64) + unit
}

func (r *Rate) readText(text string) *fault {
	if text == "none" {
		*r = Rate{}
		return nil
	}
	number, unit, found := strings.Cut(text, "/")
	n, ok := decimal(strings.TrimSpace(number))
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "min": time.Minute, "h": time.Hour}[strings.TrimSpace(unit)]
	switch {
	case !found && ok:
		return &fault{is: "has no unit", write: fmt.Sprintf("write it with one, as in %s/s or %[1]s/m", strings.TrimSpace(number))}
	case !ok || per == 0:
		return &fault{is: "is not a rate", write: "write events in a time, as in 20/s, 600/m or 5000/h, or none"}
	case n <= 0:
		return &fault{is: "sends nothing at all", write: "write more than 0, or none for no limit; `funnelrelay pause` stops a project"}
	}
	*r = Rate{n, per}
	return nil
}

// readPrefix reads an address or a range of addresses.
func readPrefix(text string) (netip.Prefix, *fault) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, &fault{
			is:    "is not an address or a range of them",
			write: "write one as in 192.168.1.20 or 192.168.1.0/24; names are not resolved",
		}
	}
	if p != p.Masked() {
		return netip.Prefix{}, &fault{
			is:    "is one address with a range's length",
			write: "write the range by its first address (as in 192.168.1.0/24), or the address alone",
		}
	}
	return p, nil
}

// showPrefix writes a single address without its length.
func showPrefix(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
