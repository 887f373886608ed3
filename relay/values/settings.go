package values

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// settings are how a source's dates and amounts are written. They do not
// change once the Compiler is done, but for what is cached.
type settings struct {
	site  *zone
	fixed *zone    // of values.zone without columns; nil: site
	zones *Value   // of values.zone with columns; nil: none
	known sync.Map // zone names of cells to *zone
	dates []*layout
	money numeral
}

// amount reads an amount of money. A number of JSON has a point, whatever
// values.money says, but for cents.
func (set *settings) amount(text string, json *rows.Value, decimal, currency string) (Decimal, error) {
	if json.Kind() == rows.Bool {
		return Decimal{}, errNotAmount
	}
	var d Decimal
	var err error
	if json.Kind() == rows.Number {
		d, err = ParseDecimal(text)
	} else {
		d, err = set.money.readMoney(text, decimal, currency)
	}
	if err != nil || !set.money.cents {
		return d, err
	}
	whole, ok := d.Int()
	if !ok {
		return d, fmt.Errorf("is not a whole number of cents, as values.money has it")
	}
	digits, err := CurrencyDigits(currency)
	if err != nil {
		return d, fmt.Errorf("is in cents, and %w", err)
	}
	return NewDecimal(whole, digits)
}

// number reads a number that is no amount.
func (set *settings) number(text string, json *rows.Value, decimal string) (Decimal, error) {
	switch json.Kind() {
	case rows.Bool:
		return Decimal{}, errNotNumber
	case rows.Number:
		return ParseDecimal(text)
	}
	return set.money.read(text, decimal)
}

var errNotDate = errors.New("is no date")

// time reads a date by the patterns, the first that fits.
func (set *settings) time(text string, z *zone) (time.Time, string, error) {
	var first error
	for _, l := range set.dates {
		t, note, err := l.read(text, z)
		if err == nil {
			return t, note, nil
		}
		if first == nil || !errors.Is(err, errNotDate) {
			first = err // that the pattern fits, but there is no such day, tells most
		}
	}
	if errors.Is(first, errNotDate) {
		return time.Time{}, "", set.misfit()
	}
	return time.Time{}, "", first
}

// misfit says how dates are written.
func (set *settings) misfit() error {
	names := make([]string, len(set.dates))
	for i, l := range set.dates {
		names[i] = strconv.Quote(l.source)
	}
	return fmt.Errorf("is not written as values.date has it (%s)", strings.Join(names, ", "))
}

// dates compiles values.date.
func (c *Compiler) dates(patterns []string) {
	if len(patterns) == 0 {
		patterns = []string{isoName}
	}
	shapes := map[string]string{}
	for i, p := range patterns {
		path := "values.date"
		if len(patterns) > 1 {
			path = fmt.Sprintf("values.date[%d]", i)
		}
		l, is, write := newLayout(p)
		if is != "" {
			c.fault(path, is, write)
			continue
		}
		// 01/02/2026 fits dd/MM and MM/dd: which one was meant is never guessed.
		shape := l.shape()
		if other, ok := shapes[shape]; ok && other != l.source {
			c.fault(path, fmt.Sprintf("%q and %q fit the same texts, with day and month the other way round", other, l.source),
				"leave the one that the files do not use; where both are used, make two sources")
			continue
		}
		shapes[shape] = l.source
		c.set.dates = append(c.set.dates, l)
	}
}

const zoneHint = "write a place as in Europe/Berlin, a Windows or Rails name of a timezone, or the column that holds one as in \"{Time Zone}\""

// zone compiles values.zone.
func (c *Compiler) zone(t source.Text) {
	v := c.Text("values.zone", t)
	if v == nil || len(v.choices) == 0 {
		return
	}
	first := v.choices[0]
	if first.calc == nil && len(first.parts) == 1 && first.parts[0].column == nil {
		z, ok := namedZone(first.parts[0].literal)
		if !ok {
			c.fault("values.zone", fmt.Sprintf("%q is not a timezone that is known", string(t)), zoneHint)
			return
		}
		if z != nil {
			c.set.fixed = z
		}
		return
	}
	c.set.zones = v
}

// zoneOf is the zone that dates of s were written in. An empty column stands
// for the site's.
func (set *settings) zoneOf(s *Scope) (*zone, error) {
	if set.zones == nil {
		if set.fixed != nil {
			return set.fixed, nil
		}
		return set.site, nil
	}
	name, err := set.zones.Text(s)
	if err != nil || name == "" {
		return set.site, err
	}
	if z, ok := set.known.Load(name); ok {
		return z.(*zone), nil
	}
	z, ok := namedZone(name)
	if !ok {
		return nil, fmt.Errorf("values.zone: %s: %q is not a timezone that is known", set.zones.names(), shortened(name))
	}
	if z == nil {
		z = set.site
	}
	set.known.Store(strings.Clone(name), z)
	return z, nil
}
