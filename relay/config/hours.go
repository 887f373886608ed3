package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"funnelrelay/relay/source"
)

const hoursExample = "{mon-fri: 09:00-18:30, sat: 09:00-14:00}"

// hours reads opening hours. They replace what was there, as a half of a
// preset's would be nobody's.
func (d *decoder) hours(n *yaml.Node, path string, into *source.Hours) {
	h := source.Hours{Dates: map[string][]source.Span{}}
	ranked := [7]int{} // by how many days the key that said it names; 0: nothing said it
	ok := d.walk(n, path, "days and when they are open, as in `"+hoursExample+"`", showName, func(key, value *yaml.Node, at string) {
		if _, there := d.marks[at]; !there {
			d.marks[at] = d.place(key)
		}
		if key.Value == "closed" {
			d.closed(value, at, &h)
			return
		}
		days, isDay := source.ParseDays(key.Value)
		date, isDate := source.ParseDate(key.Value)
		if !isDay && !isDate {
			d.fail(key, at, quote(key.Value)+" is neither a day nor a date", "write mon, mon-fri or daily; a date as 2026-12-24, or as 12-24 for every year; or closed")
			return
		}
		spans, read := d.spans(value, at)
		switch {
		case !read:
		case isDate:
			h.Dates[date] = spans
		default:
			d.week(key, at, days, spans, &h, &ranked)
		}
	})
	if !ok || len(n.Content) == 0 {
		*into = source.Hours{}
		return
	}
	if d.clean(path) && neverOpen(&h) {
		d.at(path, "is never open", "name days, as in `"+hoursExample+"`")
	}
	if len(h.Dates) == 0 {
		h.Dates = nil
	}
	h.Given = true
	*into = h
}

// week sets when days of the week are open. A day that stands alone beats a
// range, whatever comes first.
func (d *decoder) week(key *yaml.Node, at string, days []time.Weekday, spans []source.Span, h *source.Hours, ranked *[7]int) {
	for _, day := range days {
		rank := 2
		if len(days) == 1 {
			rank = 1
		}
		switch {
		case ranked[day] == rank:
			d.fail(key, at, "says a second time when "+strings.ToLower(day.String()[:3])+" is open", "name each day in one range only")
			return
		case ranked[day] == 0 || rank < ranked[day]:
			ranked[day], h.Week[day] = rank, spans
		}
	}
}

// spans reads when a day is open: a text, or a list of them.
func (d *decoder) spans(n *yaml.Node, at string) ([]source.Span, bool) {
	texts := d.oneOrMore(n, at, "from when until when, as 09:00-18:30")
	if len(texts) == 0 {
		return nil, false
	}
	spans, err := source.ParseSpans(strings.Join(texts, ","))
	if err != nil {
		d.at(at, fmt.Sprintf("%s %v", d.shown(at, strings.Join(texts, ", ")), err), "write it as in 09:00-18:30, or \"09:00-12:00, 14:00-18:30\"; or closed")
		return nil, false
	}
	return spans, true
}

// closed reads dates on which it is not open.
func (d *decoder) closed(n *yaml.Node, at string, h *source.Hours) {
	for i, text := range d.oneOrMore(n, at, "a date, as 2026-12-25") {
		where := at
		if n.Kind == yaml.SequenceNode {
			where = index(at, i)
		}
		date, ok := source.ParseDate(text)
		if _, twice := h.Dates[date]; ok && twice {
			d.at(where, d.shown(where, text)+" is there twice", "keep one of the two")
			continue
		}
		if !ok {
			d.at(where, d.shown(where, text)+" is not a date", "write it as in 2026-12-25, or as 12-25 for every year")
			continue
		}
		h.Dates[date] = []source.Span{}
	}
}

// clean says that nothing at or below path was found wrong.
func (d *decoder) clean(path string) bool {
	return !slices.ContainsFunc(d.problems, func(p Problem) bool { return p.Key == path || strings.HasPrefix(p.Key, path+".") })
}

func neverOpen(h *source.Hours) bool {
	for _, spans := range h.Week {
		if len(spans) > 0 {
			return false
		}
	}
	for spans := range maps.Values(h.Dates) {
		if len(spans) > 0 {
			return false
		}
	}
	return true
}

// hoursTree turns opening hours into the YAML that would be read as them.
func hoursTree(h source.Hours) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, line := range h.Lines() {
		n.Content = append(n.Content, textNode(line.Days), textNode(line.Open))
	}
	return n
}
