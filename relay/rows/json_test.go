package rows

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readJSON is what text reads as: each record as it was written, "! REASON"
// for a broken one, and "error: …" for the end of reading before the file's.
func readJSON(t testing.TB, text io.Reader, o Options) []string {
	t.Helper()
	r, err := openJSON(text, Format{}, o)
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	defer r.close()
	var got []string
	for {
		row, err := r.next()
		var broken *Broken
		switch {
		case errors.Is(err, io.EOF):
			return got
		case errors.As(err, &broken):
			if broken.Row == nil {
				t.Fatalf("%v has no row", broken)
			}
			got = append(got, fmt.Sprintf("! %d: %s", broken.At.Line, broken.Reason))
		case err != nil:
			return append(got, fmt.Sprintf("error: line %d: %v", r.position().Line, err))
		default:
			got = append(got, string(row.Value.JSON()))
		}
	}
}

func TestJSONShapes(t *testing.T) {
	a, b, c := `{"id":1}`, `{"id":2,"lines":[{"sku":"a"}]}`, `{"id": 3}`
	all := []string{a, b, c}
	lines := a + "\n" + b + "\r\n\n" + c
	array := "[" + a + ",\n " + b + " , " + c + "]\n"
	for name, tt := range map[string]struct {
		text string
		path string
		want []string
	}{
		"nothing":                   {text: " \n"},
		"an object":                 {text: a, want: []string{a}},
		"an array":                  {text: array, want: all},
		"an array of none":          {text: "[ ]"},
		"lines":                     {text: lines, want: all},
		"lines with an end":         {text: lines + "\n", want: all},
		"objects behind each other": {text: a + b + " " + c, want: all},
		"arrays behind each other":  {text: "[" + a + "]\n[" + b + "," + c + "]", want: all},
		"objects over lines":        {text: "{\n \"id\":1\n}\n{\n\"id\":2\n}\n", want: []string{"{\n \"id\":1\n}", "{\n\"id\":2\n}"}},
		"by a path":                 {text: `{"n":[{"x":[1]}],"data":{"no":"]}","orders":` + array + `},"z":[{"id":9}]}`, path: "data.orders", want: all},
		"a path with a number":      {text: `[{"orders":[{"id":0}]},{"orders":` + array + `}]`, path: "1.orders", want: all},
		"a path through an array":   {text: `[{"orders":[` + a + `]},{"orders":[` + b + `,` + c + `]}]`, path: "orders", want: all},
		"a path to one object":      {text: `{"event":"paid","order":` + a + "}\n" + `{"event":"paid","order":` + b + "}", path: "order", want: []string{a, b}},
		"a path with a dotted name": {text: `{"a.b":{"c":[` + a + `]}}`, path: "a.b.c", want: []string{a}},
		"a path to null":            {text: `{"orders":null}`, path: "orders"},
		"a path in each line":       {text: `{"o":[` + a + "]}\n" + `{"o":[` + b + `,` + c + `]}`, path: "o", want: all},
		"a path that is not there": {text: `{"sales":[],"meta":{}}`, path: "orders",
			want: []string{`error: line 1: nothing lies at "orders", where read: { rows: … } says that the rows are; the document has sales, meta`}},
		"an envelope":               {text: `{"count":3,"orders":` + array + `,"next_page":null}`, want: all},
		"an envelope of anything":   {text: `{"results":` + array + `,"@context":{"a":[{}]}}`, want: all},
		"an envelope by its name":   {text: `{"guestChecks":` + array + `,"curUTC":"2026-01-01","locRef":"7"}`, want: all},
		"an envelope of none":       {text: `{"orders":[],"errors":[]}`},
		"an order with lines":       {text: b, want: []string{b}},
		"an order of few words":     {text: `{"total":12,"items":[{"sku":"a"}]}`, want: []string{`{"total":12,"items":[{"sku":"a"}]}`}},
		"a customer with orders":    {text: `{"customer":"x","orders":[{"id":1}]}`, want: []string{`{"customer":"x","orders":[{"id":1}]}`}},
		"two arrays of objects":     {text: `{"orders":[{"id":1}],"refunds":[{"id":2}]}`, want: []string{`{"orders":[{"id":1}],"refunds":[{"id":2}]}`}},
		"an envelope, then another": {text: `{"orders":[` + a + "]}\n" + `{"id":5,"orders":[` + b + `]}`, want: []string{a, `! 2: column 7: the rows were taken from "orders", but there is "id" beside it; say read: { rows: orders }, or what else they are`}},
		"no JSON":                   {text: "id;name\n", want: []string{`error: line 1, column 1: this is no JSON object and no array of them: it begins with 'i'`}},
		"a number":                  {text: " 42", want: []string{`error: line 1, column 2: this is no JSON object and no array of them: it begins with '4'`}},
		"numbers in an array":       {text: `[` + a + `, 17 ,"x",null,[1], ` + b + `]`, want: []string{a, "! 1: this is a number, where an object should be", "! 1: this is a text, where an object should be", "! 1: this is null, where an object should be", "! 1: this is an array, where an object should be", b}},
		"numbers between objects":   {text: a + "\n17\n" + b, want: []string{a, "! 2: this is a number, where an object should be", b}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, in := range map[string]io.Reader{"at once": strings.NewReader(tt.text), "by bytes": iotest.OneByteReader(iotest.DataErrReader(strings.NewReader(tt.text)))} {
				if diff := cmp.Diff(tt.want, readJSON(t, in, Options{Rows: tt.path})); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", how, diff)
				}
			}
		})
	}
}

func TestJSONBroken(t *testing.T) {
	a, b := `{"id":1}`, `{"id":2}`
	long := `{"id":"` + strings.Repeat("x", 300) + `"}`
	for name, tt := range map[string]struct {
		text string
		path string
		want []string
	}{
		"a line without a comma":   {text: a + "\n{\"x\":1 \"y\":2}\n" + b, want: []string{a, `! 2: malformed JSON: line 2, column 8: '"' where a comma or } should be`, b}},
		"a line without a brace":   {text: a + "\n{\"x\":1\n" + b + "\n", want: []string{a, `! 2: malformed JSON: line 2, column 7: it ends in the middle`, b}},
		"a line without its end":   {text: a + "\n{\"x\":\n" + b + "\n", want: []string{a, `! 2: malformed JSON: line 2, column 6: it ends in the middle`, b}},
		"a line without a quote":   {text: a + "\n{\"x\":\"1}\n" + b + "\n", want: []string{a, `! 2: malformed JSON: line 2, column 9: the line ends in the middle of a text: its quote is missing, or a quote in it needs a backslash`, b}},
		"a line of words":          {text: a + "\nERROR: timeout\nat 5\n" + b, want: []string{a, `! 2: malformed JSON: line 2, column 1: "ERROR" where a value should be`, b}},
		"the last line is cut":     {text: a + "\n" + `{"id":`, want: []string{a, `! 2: malformed JSON: line 2, column 7: it ends in the middle`}},
		"only a cut line":          {text: `{"id":`, want: []string{`! 1: malformed JSON: line 1, column 7: it ends in the middle`}},
		"a name twice":             {text: `{"id":1,"id":2}` + b, want: []string{`! 1: malformed JSON: line 1, column 1: the name "id" twice in one object, so that it is not clear which one counts`, b}},
		"a name twice, escaped":    {text: `[{"id":1,"\u0069d":2},` + b + `]`, want: []string{`! 1: malformed JSON: line 1, column 2: the name "id" twice in one object, so that it is not clear which one counts`, b}},
		"no UTF-8":                 {text: "{\"n\":\"\xff\"}\n" + b, want: []string{`! 1: malformed JSON: line 1, column 7: bytes that are not UTF-8`, b}},
		"too deep":                 {text: strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70) + b, want: []string{`! 1: malformed JSON: line 1, column 321: more than 64 arrays and objects in each other`, b}},
		"NaN":                      {text: `{"id":NaN}` + b, want: []string{`! 1: malformed JSON: line 1, column 7: "NaN" where a value should be`, b}},
		"a leading zero":           {text: `{"id":007}` + b, want: []string{`! 1: malformed JSON: line 1, column 8: '0' where a comma or } should be`, b}},
		"too long":                 {text: a + "\n" + long + b, want: []string{a, "! 2: longer than 200 bytes, the most that a record may have (309 were read)", b}},
		"too long in an array":     {text: "[" + a + "," + long + "," + b + "]", want: []string{a, "! 1: longer than 200 bytes, the most that a record may have (309 were read)", b}},
		"too long and never ended": {text: a + "\n" + long[:290] + "\n" + b, want: []string{a, "! 2: longer than 200 bytes, the most that a record may have (290 were read)", b}},
		"an array goes on":         {text: "[" + a + `,{"x":01},` + b + "]", want: []string{a, `! 1: malformed JSON: line 1, column 17: '1' where a comma or } should be`, b}},
		"an array cannot go on": {text: "[" + a + ",\n{\"x\":{\"y\":1,\n" + b + "]", want: []string{a,
			`! 2: malformed JSON: line 3, column 1: '{' where a name in quotes should be`, `error: line 3: column 1: malformed JSON: '{' where a name in quotes should be; what comes behind it was not read`}},
		"an array that is cut":     {text: "[" + a + ",\n", want: []string{a, `error: line 2: column 1: the file ends in the middle: it was cut off, or is still being written`}},
		"an array cut in a record": {text: "[" + a + `,{"id"`, want: []string{a, `! 1: malformed JSON: line 1, column 16: it ends in the middle`, `error: line 1: column 16: malformed JSON: it ends in the middle; what comes behind it was not read`}},
		"no comma in an array":     {text: "[" + a + b + "]", want: []string{a, `error: line 1: column 10: malformed JSON: '{' where a comma or ] should be; what comes behind it was not read`}},
		"a comma too many":         {text: "[" + a + ",]", want: []string{a, `error: line 1: column 11: malformed JSON: ']' where what the comma before it announces should be; what comes behind it was not read`}},
		"more behind an array":     {text: "[" + a + "]x\n" + b, want: []string{a, `! 1: malformed JSON: line 1, column 11: "x" where a value should be`, b}},
		"a line by a path": {text: `{"o":[` + a + "]}\n" + `{"o":[` + a + "]}\n{\"o\" [" + a + "]}\n{\"o\":[" + b + "]}", path: "o", want: []string{a, a,
			`! 3: column 6: malformed JSON: '[' where a colon should be; what comes behind it was not read`, b}},
		"an array a line": {text: "[" + a + "]\n[{\"x\":1},{\"x\":2]\n[" + a + "," + b + "]\n[" + a + a + "]\n[" + b + "]\n", want: []string{a,
			`{"x":1}`, `! 2: malformed JSON: line 2, column 16: ']' where a comma or } should be`, a, b,
			a, `! 4: column 10: malformed JSON: '{' where a comma or ] should be; what comes behind it was not read`, b}},
		"a part before the path": {text: `{"x":{"y":[}},"o":[]}`, path: "o", want: []string{`error: line 1: column 12: malformed JSON before the rows: brackets or quotes that do not match`}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, in := range map[string]io.Reader{"at once": strings.NewReader(tt.text), "by bytes": iotest.OneByteReader(strings.NewReader(tt.text))} {
				if diff := cmp.Diff(tt.want, readJSON(t, in, Options{Rows: tt.path, MaxRecord: 200 + 250*strings.Count(name, "deep")})); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", how, diff)
				}
			}
		})
	}
}
