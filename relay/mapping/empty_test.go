package mapping

import (
	"strings"
	"testing"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// A file without anything in it is called so, and not one without a column.
func TestEmptyFile(t *testing.T) {
	without := daily()
	without.Read.Header.None = true
	for name, c := range map[string]struct {
		m          *Mapping
		text, want string
	}{
		"nothing":           {made(t, daily(), Options{}), "", "sales.csv: the file is empty: it holds neither a header nor rows"},
		"blank lines":       {made(t, daily(), Options{}), "\n \n,,\n", "sales.csv: the file is empty: it holds neither a header nor rows"},
		"the webhook's own": {made(t, &source.Source{}, Options{Action: "__commerce_action__"}), "", "sales.csv: the file is empty: it holds neither a header nor rows"},
		"without a header":  {made(t, without, Options{}), "a,b\n", `sales.csv: the table has no column "Day"`},
	} {
		r, err := rows.OpenBytes("sales.csv", []byte(c.text), c.m.Reading())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.m.Read(r, File{Name: "sales.csv"}); err == nil || !strings.HasPrefix(err.Error(), c.want) || name != "without a header" && err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
