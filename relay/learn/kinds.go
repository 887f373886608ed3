package learn

import (
	"fmt"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// state is what a word says of an order.
type state uint8

const (
	noState state = iota
	refunded
	voided
	pending
	paidWith // a line that is a payment, not an item
)

// stateWords are written as plainWords leaves them; a * is any ending.
func stateWords(s state) []string {
	switch s {
	case refunded:
		return list(`refund*, return, returned, returns, chargeback, credit note, credit memo, erstattung*, erstattet, ruckerstattung*, rueckerstattung*, ruckgabe*, rueckgabe*, retoure*, warenrucknahme*, warenruecknahme*, gutschrift*,
			rembourse*, remboursement*, retour*, avoir, reembolso*, reembolsad*, devolucion*, devuelt*, abono, rimbors*, reso, resi, nota di credito, terugbetal*, terugbetaling*, creditnota, zwrot*, zwrocon*, korekta`)
	case voided:
		return list(`void*, cancelled, canceled, cancel, cancellation, storno*, storniert*, sofortstorno*, annulliert*, abgebrochen, annule*, annulation*, anulad*, anulacion*, cancelad*, annullat*, annullo, stornat*, geannuleerd*, annulering*, anulowan*, declined, rejected`)
	case pending:
		return list(`pending, open, draft, on hold, failed, fail, unpaid, authorized, awaiting payment, processing payment, parked, layby, trash, checkout draft, offen, entwurf, ausstehend*, geparkt, unbezahlt, fehlgeschlagen,
			en attente, en cours, brouillon, pendiente*, borrador, en espera, in attesa, bozza, in sospeso, openstaand, concept, in behandeling, oczekujac*, nieoplacon*, szkic`)
	case paidWith:
		return list(`payment*, tender*, zahlung*, bezahlung*, paiement*, reglement*, pago*, pagamento*, betaling*, platnosc*, change, wechselgeld`)
	}
	return nil
}

// stateOf is what a cell says; whole words only.
func stateOf(text string) state {
	plain := plainWords(text)
	if plain == "" || len(strings.Fields(plain)) > 4 {
		return noState
	}
	if hasWord(plain, "not no un kein keine nicht partial partially partly teilweise partiellement parcialmente parzialmente gedeeltelijk czesciowo") {
		return noState
	}
	for _, s := range []state{refunded, voided, pending, paidWith} {
		for _, word := range stateWords(s) {
			if at, _ := within(plain, word); at {
				return s
			}
		}
	}
	return noState
}

// kinds finds orders that are no plain sale.
func (w *finder) kinds() {
	for i, name := range w.t.names {
		tr := &w.all[i]
		plain := plainWords(name)
		switch {
		case tr.full == 0 || w.used[name]:
			continue
		case tr.dates == tr.full && hasWord(plain, "cancelled canceled voided storniert annule anulado annullato"):
			w.matched(&w.Source.Void, "void", source.Test{Column: name, Is: []string{"present"}}, fmt.Sprintf("%s holds dates, %s", name, w.t.named(i, w.all)))
		case fits(roleKind, name) == 0 || tr.distinct > few || hasWord(plain, "fulfillment fulfilment shipping delivery versand lieferung livraison envio spedizione"):
			continue
		case isFlag(tr.values):
			w.flag(i, plain)
		default:
			w.states(i)
		}
	}
	if w.Source.Refund == nil {
		w.negatives()
	}
}

// states makes conditions of what a column's values say.
func (w *finder) states(i int) {
	name := w.t.names[i]
	found := map[state][]string{}
	var rest []string
	for _, text := range w.all[i].values {
		s := stateOf(text)
		if s == noState {
			rest = append(rest, text)
			continue
		}
		found[s] = append(found[s], text)
	}
	if len(found) == 0 {
		return
	}
	says := func(s state) string {
		var parts []string
		for _, text := range found[s] {
			parts = append(parts, fmt.Sprintf("%s in %s", text, counted(w.all[i].counts[text], "row")))
		}
		text := name + " says " + strings.Join(parts, ", ")
		if len(rest) > 0 {
			text += "; else " + strings.Join(rest[:min(len(rest), 6)], ", ")
		}
		return text
	}
	for _, one := range []struct {
		s    state
		key  string
		into *source.Matcher
	}{{refunded, "refund", &w.Source.Refund}, {voided, "void", &w.Source.Void}, {pending, "skip", &w.Source.Skip}} {
		if values := found[one.s]; values != nil {
			if w.items == w.t && w.mixed(i, values) {
				w.matched(&w.Source.Items.Skip, "items.skip", source.Test{Column: name, Is: values}, says(one.s)+"; other rows of the same order say otherwise")
				continue
			}
			w.matched(one.into, one.key, source.Test{Column: name, Is: values}, says(one.s))
		}
	}
	if values := found[paidWith]; values != nil && w.items == w.t && w.mixed(i, values) {
		w.matched(&w.Source.Items.Skip, "items.skip", source.Test{Column: name, Is: values}, says(paidWith)+": no items")
	}
	w.used[name] = true
}

// matched adds an alternative to a condition.
func (w *finder) matched(m *source.Matcher, key string, test source.Test, why string) {
	*m = append(*m, source.Condition{test})
	w.because(key, "%s", why)
}

// mixed says whether rows of one order have one of the values and others not.
func (w *finder) mixed(i int, values []string) bool {
	if w.id == nil {
		return false
	}
	for _, group := range w.groups() {
		with := 0
		for _, n := range group {
			if slices.Contains(values, w.t.lines[n].cell(i)) {
				with++
			}
		}
		if with > 0 && with < len(group) {
			return true
		}
	}
	return false
}

// flags are texts for no, and the yes that goes with each.
func flags() map[string]string {
	return map[string]string{
		"false": "true", "0": "1", "no": "yes", "n": "y", "nein": "ja", "non": "oui", "nee": "ja", "nie": "tak", "f": "t", "falsch": "wahr", "faux": "vrai", "falso": "vero", "-": "x",
	}
}

// isFlag says that a column says yes or no.
func isFlag(list []string) bool {
	if len(list) == 0 || len(list) > 2 {
		return false
	}
	for _, text := range list {
		known := false
		for no, yes := range flags() {
			known = known || strings.EqualFold(text, no) || strings.EqualFold(text, yes)
		}
		if !known {
			return false
		}
	}
	return true
}

// flag makes a condition of a column that says yes or no.
func (w *finder) flag(i int, plain string) {
	s := stateOf(plain)
	if s != refunded && s != voided {
		return
	}
	name, tr := w.t.names[i], &w.all[i]
	yes, why := "", ""
	for _, text := range tr.values {
		for no, other := range flags() {
			switch {
			case strings.EqualFold(text, other):
				yes, why = text, fmt.Sprintf("%s is %s in %s", name, text, counted(tr.counts[text], "row"))
			case strings.EqualFold(text, no) && yes == "":
				yes, why = cased(text, other), fmt.Sprintf("%s is %s in all %s: %s was not seen", name, text, counted(tr.full, "row"), cased(text, other))
			}
		}
	}
	w.used[name] = true
	test := source.Test{Column: name, Is: []string{yes}}
	switch {
	case s == voided && w.items == w.t && (tr.counts[yes] == 0 || w.mixed(i, []string{yes})):
		w.matched(&w.Source.Items.Skip, "items.skip", test, why+"; an order of which all lines are left out is left out")
	case s == voided:
		w.matched(&w.Source.Void, "void", test, why)
	default:
		w.matched(&w.Source.Refund, "refund", test, why)
	}
}

// cased writes a word in capitals as its opposite is.
func cased(like, word string) string {
	switch {
	case like == strings.ToUpper(like):
		return strings.ToUpper(word)
	case like[:1] == strings.ToUpper(like[:1]):
		return strings.ToUpper(word[:1]) + word[1:]
	}
	return word
}

// negatives finds refunds by amounts below zero.
func (w *finder) negatives() {
	for _, i := range []int{w.orderTotal(-1), w.totalColumn()} {
		if i < 0 || w.all[i].negative == 0 {
			continue
		}
		name, tr := w.t.names[i], &w.all[i]
		all, some := 0, 0
		for _, group := range w.groups() {
			below := 0
			for _, n := range group {
				if a, ok := readAmount(w.t.lines[min(n, len(w.t.lines)-1)].cell(i)); ok && a.negative {
					below++
				}
			}
			switch {
			case below == len(group):
				all++
			case below > 0:
				some++
			}
		}
		if all > 0 && some == 0 {
			w.matched(&w.Source.Refund, "refund", source.Test{Column: name, Is: []string{"<0"}},
				fmt.Sprintf("%s is below zero in all rows of %s (%s: %s)", name, counted(all, "order"), w.set.spotted(tr.minus), tr.minus.shown()))
			return
		}
		if some > 0 {
			w.because("items", "%s is below zero in some rows of an order (%s: %s): they are taken as items, as discounts are", name, w.set.spotted(tr.minus), tr.minus.shown())
			return
		}
	}
}

// totalColumn is the column of the rows that is an item's total; -1: none, or
// it is not in the rows.
func (w *finder) totalColumn() int {
	if w.items != w.t || len(w.Source.Items.Total) == 0 {
		return -1
	}
	text := w.Source.Items.Total[0]
	if i := w.t.find(text); i >= 0 {
		return i
	}
	for i, name := range w.t.names {
		if strings.HasPrefix(text, fmt.Sprintf("= money(%q)", name)) {
			return i
		}
	}
	return -1
}

// refunds finds the array of refunds in a JSON order.
func (w *finder) refunds() {
	for path, t := range w.set.nested {
		if !hasWord(plainWords(path), refundArrays) {
			continue
		}
		all := t.traits()
		id := t.find("id")
		totals := t.choices(roleTotal, all)
		if id < 0 || len(totals) == 0 || all[id].full < len(t.lines) || all[id].distinct < len(t.lines) {
			w.because("items", "%s holds what was given back, but no id and amount that could be read: it is left out", path)
			continue
		}
		r := &source.Refunds{Each: path, ID: source.Value{"R{id}"}, Total: source.Value{column(t.names[totals[0].column])}}
		w.Source.Refunds = r
		w.because("refunds", "%s holds %s with an id and an amount each", path, counted(len(t.lines), "object"))
		if at := t.choices(roleAt, all); len(at) > 0 {
			if d, _ := readDate(all[at[0].column].first.text); d.pattern != "" && len(w.atText) > 0 {
				if own, _ := readDate(w.atText[0].text); own.pattern == d.pattern {
					r.At = source.Value{column(t.names[at[0].column])}
				}
			}
		}
		return
	}
}
