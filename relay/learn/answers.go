package learn

import (
	"fmt"
	"slices"
	"strings"

	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// AnswerError says that one of Options.Set cannot be.
type AnswerError struct {
	Key, Value string
	Is         string // what is wrong, and what to write
}

func (e *AnswerError) Error() string { return fmt.Sprintf("%s=%s: %s", e.Key, e.Value, e.Is) }

// check looks at answers as far as they can be told wrong without the files.
func (o *Options) check() error {
	c := values.NewCompiler(source.Values{Date: patterns(o.Set["values.date"]), Zone: source.Text(o.Set["values.zone"]), Money: o.Set["values.money"]}, values.CompilerOptions{})
	for _, fault := range c.Faults() {
		key, _, _ := strings.Cut(fault.Path, "[")
		return &AnswerError{key, o.Set[key], said(fault)}
	}
	if code := o.Set["const.currency"]; code != "" && !strings.Contains(code, "{") && !strings.HasPrefix(code, "=") && !isCode(strings.ToUpper(code)) {
		return &AnswerError{"const.currency", code, "is not a currency's code by ISO 4217, as in EUR"}
	}
	return nil
}

// said is what is wrong, and what to write.
func said(f values.Fault) string {
	if f.Write == "" {
		return f.Is
	}
	return f.Is + "; " + f.Write
}

// patterns are those of an answer to values.date.
func patterns(answer string) []string {
	if answer == "" {
		return nil
	}
	return strings.Split(answer, " | ")
}

// wrong says that an answer cannot be; the first stays.
func (w *finder) wrong(key, is string) {
	if w.err == nil {
		w.err = &AnswerError{key, w.o.Set[key], is}
	}
}

// answers looks whether the columns are there that answers name. Those of JSON
// may be absent from what was read, and what a pattern of the folder names is
// not known.
func (w *finder) answers() {
	if w.t.deep {
		return
	}
	for _, key := range []string{"order.id", "order.at", "items.label", "items.total"} {
		set := w.o.Set[key]
		if set == "" || key == "order.id" && set == source.RowsID || key == "order.at" && set == "none" {
			continue
		}
		c := values.NewCompiler(source.Values{}, values.CompilerOptions{})
		c.Value(key, source.Value{set})
		for _, fault := range c.Faults() {
			w.wrong(key, said(fault))
		}
		for _, name := range c.Columns() {
			if !w.hasColumn(name, "") && w.items.find(name) < 0 && !strings.Contains(w.o.Watch, "{"+name+"}") {
				w.wrong(key, fmt.Sprintf("there is no column %s; there are: %s", name, strings.Join(shortList(w.t.names), ", ")))
			}
		}
	}
}

// shortList is a list that a message can hold.
func shortList(list []string) []string {
	const most = 40
	if len(list) > most {
		return append(slices.Clone(list[:most]), "…")
	}
	return list
}
