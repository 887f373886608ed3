package relay

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// What a Z report calls its columns, in English and German, the surest first.
var (
	dayNames = []string{"businessday", "businessdate", "geschäftstag", "geschaeftstag", "kassentag", "day", "tag", "date", "datum",
		"zdate", "zdatum", "buchungstag", "buchungsdatum", "belegdatum", "reportdate", "berichtsdatum", "abschlussdatum"}
	totalNames = []string{"grosstotal", "totalgross", "gesamtbrutto", "bruttogesamt", "bruttoumsatz", "umsatzbrutto", "grosssales", "gross",
		"brutto", "tagesumsatz", "gesamtumsatz", "umsatzgesamt", "umsatz", "ztotal", "zsumme", "total", "totalsales", "salestotal", "sales",
		"turnover", "revenue", "gesamtsumme", "gesamtbetrag", "gesamt", "summe", "endsumme", "betrag", "amount", "sum", "einnahmen"}
	currencyNames = []string{"currency", "currencycode", "währung", "waehrung", "whg", "curr", "isocode"}
	countNames    = []string{"receipts", "receiptcount", "belege", "anzahlbelege", "belegzahl", "beleganzahl", "bons", "anzahlbons", "bonanzahl",
		"count", "anzahl", "transactions", "transaktionen", "transactioncount", "orders", "tickets", "verkäufe", "vorgänge", "kunden", "customers"}
)

const (
	headerWithin = 30     // rows in which the header is looked for
	mostZRows    = 20_000 // of a file of totals
)

// zColumns is where the columns of a Z report are.
type zColumns struct {
	day, total, currency, count int    // -1: there is none
	code                        string // the currency that stands in the total's name; "": none
}

// zRow is a row with a day in it.
type zRow struct {
	row  *rows.Row
	line int64
}

// readTotals reads the till's own totals of days from its Z reports.
func readTotals(cfg *config.Config, project, name string, text []byte) ([]control.TillTotal, error) {
	r, err := rows.OpenBytes(name, text, rows.Options{Type: rows.TypeCSV, NoHeader: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // only read
	z, list, err := zRows(r)
	if err != nil {
		return nil, err
	}
	dates, err := zDates(z, list, r.Format())
	if err != nil {
		return nil, err
	}
	amounts, err := zAmounts(z, list, r.Format(), usualCurrency(cfg, project))
	if err != nil {
		return nil, err
	}
	totals := map[[2]string]*control.TillTotal{}
	var order [][2]string
	for i := range list {
		key := [2]string{dates[i], amounts[i].currency}
		t := totals[key]
		if t == nil {
			t = &control.TillTotal{Day: key[0], Project: project, Currency: key[1], By: clipText(name, 200)}
			totals[key] = t
			order = append(order, key)
		}
		t.Cents += amounts[i].cents // of several tills
		t.Count += zCount(z, list[i].row)
	}
	slices.SortFunc(order, func(a, b [2]string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) })
	result := make([]control.TillTotal, 0, len(order))
	for _, key := range order {
		result = append(result, *totals[key])
	}
	return result, nil
}

func clipText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}

// zRows finds the header, and the rows below it that have a day: sums below a
// table have none.
func zRows(r *rows.Reader) (z zColumns, list []zRow, err error) {
	found, seen := false, 0
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return z, nil, err
		}
		if !found {
			if z, found = zHeader(row.Cells); !found {
				if seen++; seen == headerWithin {
					break
				}
			}
			continue
		}
		day := strings.TrimSpace(row.Cell(z.day))
		if day == "" || strings.TrimSpace(row.Cell(z.total)) == "" || !strings.ContainsAny(day, "0123456789") {
			continue
		}
		if len(list) == mostZRows {
			return z, nil, fmt.Errorf("it has more than %d rows: it is no list of daily totals", mostZRows)
		}
		list = append(list, zRow{row, row.At.Line})
	}
	switch {
	case !found:
		return z, nil, errors.New("no columns for the day and the total are found; call them day and total, or Datum and Umsatz")
	case len(list) == 0:
		return z, nil, errors.New("below the header is no row with a day and a total")
	}
	return z, list, nil
}

// zHeader says whether cells are the header.
func zHeader(cells []string) (z zColumns, ok bool) {
	folded := make([]string, len(cells))
	codes := make([]string, len(cells))
	for i, cell := range cells {
		folded[i], codes[i] = foldName(cell)
	}
	find := func(names []string) int {
		for _, name := range names {
			if i := slices.Index(folded, name); i >= 0 {
				return i
			}
		}
		return -1
	}
	z = zColumns{day: find(dayNames), total: find(totalNames), currency: find(currencyNames), count: find(countNames)}
	if z.day < 0 || z.total < 0 {
		return z, false
	}
	z.code = codes[z.total]
	return z, true
}

// foldName is a column's name without case, blanks and signs, and the code of a
// currency that stands in it: "Umsatz (EUR)".
func foldName(text string) (name, code string) {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '€' && r != '$' && r != '£' }) {
		switch word {
		case "EUR", "€":
			code = "EUR"
		case "USD", "$":
			code = "USD"
		case "GBP", "£":
			code = "GBP"
		case "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD", "JPY":
			code = word
		default:
			b.WriteString(strings.ToLower(word))
		}
	}
	return b.String(), code
}

// zDates reads the days. All of them are written in one way.
func zDates(z zColumns, list []zRow, f rows.Format) ([]string, error) {
	ways := [][]string{{"iso"}, {"dd.MM.yyyy", "dd.MM.yyyy HH:mm", "dd.MM.yyyy HH:mm:ss"}, {"dd.MM.yy"}, {"yyyyMMdd"}, {"yyyy/MM/dd"},
		{"dd/MM/yyyy", "dd/MM/yyyy HH:mm", "dd/MM/yyyy HH:mm:ss"}, {"MM/dd/yyyy", "MM/dd/yyyy HH:mm", "MM/dd/yyyy HH:mm:ss"}, {"dd-MM-yyyy"}}
	var fits [][]string
	var first error
	for _, way := range ways {
		c := values.NewCompiler(source.Values{Date: way}, values.CompilerOptions{Site: time.UTC})
		v := c.Value("day", source.Value{strconv.Itoa(z.day)})
		if len(c.Faults()) > 0 {
			continue
		}
		days, err := eachDay(v, list, f)
		if err == nil {
			fits = append(fits, days)
		} else if first == nil {
			first = err
		}
	}
	switch {
	case len(fits) == 0:
		return nil, fmt.Errorf("the days cannot be read (%w); write them as 2026-11-23 or 23.11.2026", first)
	case len(fits) > 1 && !slices.Equal(fits[0], fits[1]):
		return nil, errors.New("whether the day or the month stands first cannot be told; write days as 2026-11-23")
	}
	return fits[0], nil
}

func eachDay(v *values.Value, list []zRow, f rows.Format) ([]string, error) {
	days := make([]string, len(list))
	for i, r := range list {
		at, _, ok, err := v.Time(&values.Scope{Row: r.row, Decimal: f.Decimal})
		if err == nil && !ok {
			err = errors.New("is empty")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", r.line, err)
		}
		days[i] = at.Format(time.DateOnly)
	}
	return days, nil
}

// zAmount is one total.
type zAmount struct {
	cents    int64
	currency string
}

// zAmounts reads the totals. Where one could be read in two ways, the others say
// how amounts are written, and where they do not, what parts the cells: where
// that is a semicolon, commas stand before the cents.
func zAmounts(z zColumns, list []zRow, f rows.Format, usual string) ([]zAmount, error) {
	ways := []string{"", "1234.56", "1,234.56", "1.234,56", "1234,56", "1'234.50", "1 234,56"}
	if f.Delimiter == ';' {
		ways = []string{"", "1234,56", "1.234,56", "1234.56", "1,234.56", "1'234.50", "1 234,56"}
	}
	var first error
	for _, way := range ways {
		c := values.NewCompiler(source.Values{Money: way}, values.CompilerOptions{Site: time.UTC})
		v := c.Value("total", source.Value{strconv.Itoa(z.total)})
		amounts, err := eachAmount(v, z, list, f, usual)
		if err == nil {
			return amounts, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func eachAmount(v *values.Value, z zColumns, list []zRow, f rows.Format, usual string) ([]zAmount, error) {
	amounts := make([]zAmount, len(list))
	for i, r := range list {
		currency := cmp.Or(strings.ToUpper(strings.TrimSpace(r.row.Cell(z.currency))), z.code, signOf(r.row.Cell(z.total)), usual)
		if currency == "€" {
			currency = "EUR"
		}
		if len(currency) != 3 {
			return nil, fmt.Errorf("line %d: the currency is not known; add a column currency, with codes as EUR", r.line)
		}
		cents, ok, err := v.Money(&values.Scope{Row: r.row, Decimal: f.Decimal}, currency)
		if err == nil && !ok {
			err = errors.New("is empty")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", r.line, err)
		}
		amounts[i] = zAmount{cents, currency}
	}
	return amounts, nil
}

// signOf is the currency whose sign stands in an amount; "": none that is sure.
func signOf(text string) string {
	switch {
	case strings.Contains(text, "€"):
		return "EUR"
	case strings.Contains(text, "£"):
		return "GBP"
	}
	return ""
}

// zCount is how many receipts a row counts; 0 where it does not say.
func zCount(z zColumns, row *rows.Row) int64 {
	n, err := strconv.ParseInt(strings.NewReplacer(".", "", ",", "", " ", "", "'", "").Replace(strings.TrimSpace(row.Cell(z.count))), 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0
	}
	return n
}

// usualCurrency is what the project's purchases are in where they do not say.
func usualCurrency(cfg *config.Config, project string) string {
	p := projectOf(cfg, project)
	return strings.ToUpper(p.Defaults["__currency__"])
}
