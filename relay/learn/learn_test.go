package learn_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"funnelrelay/relay/config"
	"funnelrelay/relay/learn"
	"funnelrelay/relay/source"
)

// account is what a config has besides sources.
const account = "projects: {shop: {project_id: p, api_key: k}}\n"

// presets are those of the relay.
func presets(t *testing.T) []learn.Preset {
	t.Helper()
	var list []learn.Preset
	for _, name := range config.Presets() {
		s, err := config.PresetAlone(name)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := config.PresetText(name)
		list = append(list, learn.Preset{Name: name, Source: s, Text: text})
	}
	return list
}

// learned finds out from files that are given as name, content, name, content.
func learned(t *testing.T, o learn.Options, files ...string) *learn.Finding {
	t.Helper()
	fsys := fstest.MapFS{}
	var names []string
	for i := 0; i+1 < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
		names = append(names, files[i])
	}
	f, err := learn.Files(fsys, names, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// keys are those of the questions.
func keys(f *learn.Finding) []string {
	var list []string
	for _, q := range f.Questions {
		list = append(list, q.Key)
	}
	return list
}

// table is an export with one thing to find out.
type sample struct {
	name, file string
	set        map[string]string
	want       string // lines of the entry that must be there
	asks       []string
}

func samples() []sample {
	return []sample{{
		name: "German till",
		file: "Belegnr;Datum;Uhrzeit;Artikelnummer;Bezeichnung;Menge;Einzelpreis;Gesamtpreis;MwSt %\r\n" +
			"1001;21.11.2026;09:15:00;A1;Kaffee;2;2,50;5,00;7\r\n1001;21.11.2026;09:15:00;A2;Brot;1;3,90;3,90;7\r\n1002;22.11.2026;10:05:10;A9;Tisch;1;1.234,50;1.234,50;19\r\n",
		set: map[string]string{"const.currency": "EUR"},
		want: `delimiter: ';'
			date: dd.MM.yyyy HH:mm:ss
			money: '1.234,56'
			currency: EUR
			id: Belegnr
			at: '{Datum} {Uhrzeit}'
			sku: Artikelnummer
			label: Bezeichnung
			# Menge × Einzelpreis is Gesamtpreis in 3 of 3 rows; Gesamtpreis is named so (line 2:
			total: Gesamtpreis
			quantity: Menge`,
	}, {
		name: "American, price of one and discount",
		file: "Receipt #,Date,Time,Product,SKU,Quantity,Unit Price,Discount,Currency\n7,3/14/2026,5:18 PM,Tea,T1,2,$2.50,$0.50,USD\n8,3/15/2026,6:18 PM,Pot,P1,1,\"$1,142.50\",$0.00,USD\n",
		want: `# days up to 15 stand second (line 3: 3/15/2026 6:18 PM); no timezone stands in the file:
			date: MM/dd/yyyy h:mm a
			money: '$1,234.56'
			id: 'Receipt #'
			currency: Currency
			qty: Quantity
			price: Unit Price
			discount: Discount`,
	}, {
		name: "no day over 12",
		file: "Order No,Date,Item,Total,Currency\nA1,03/04/2026,Tea,5.00,EUR\nA2,05/04/2026,Tea,2.50,EUR\n",
		want: `#date: dd/MM/yyyy  # the day stands first
			#date: MM/dd/yyyy  # the month stands first`,
		asks: []string{"values.date"},
	}, {
		name: "both orders in one column",
		file: "Order No,Date,Item,Total,Currency\nA1,23/04/2026,Tea,5.00,EUR\nA2,05/24/2026,Tea,2.50,EUR\n",
		asks: []string{"values.date"},
	}, {
		name: "the person says it",
		file: "Order No,Date,Item,Total,Currency\nA1,03/04/2026,Tea,5.00,EUR\nA2,05/04/2026,Tea,2.50,EUR\n",
		set:  map[string]string{"values.date": "dd/MM/yyyy", "values.zone": "Europe/Berlin"},
		want: "date: dd/MM/yyyy\nzone: Europe/Berlin",
	}, {
		name: "numbers that begin anew",
		file: "Bon-Nr;Datum;Artikel;Betrag;Währung\n1;2026-11-20 09:00;Tee;2,50;EUR\n1;2026-11-20 09:00;Brot;2,00;EUR\n2;2026-11-20 09:30;Tee;2,50;EUR\n1;2026-11-21 09:00;Tee;2,50;EUR\n",
		want: `id: '{Datum}/{Bon-Nr}'`,
	}, {
		name: "Italian closings",
		file: "Chiusura;Scontrino;Data;Articolo;Importo;Valuta\n531;7;20/11/2026;Pane;1,20;EUR\n531;7;20/11/2026;Latte;1,80;EUR\n532;7;21/11/2026;Pane;1,20;EUR\n",
		want: `id: '{Chiusura}/{Scontrino}'
			label: Articolo
			total: Importo`,
	}, {
		name: "one day of small numbers",
		file: "Ticket;Date;Article;Montant TTC;Devise\n1;2026-11-20 09:00;Thé;2,50;EUR\n2;2026-11-20 09:30;Pain;1,10;EUR\n",
		want: `#id: Ticket  # the numbers never begin anew`,
		asks: []string{"order.id"},
	}, {
		name: "no key",
		file: "Datum;Produkt;Preis;Währung\n22.11.2026 10:00;Kaffee;2,50;EUR\n22.11.2026 10:05;Kaffee;2,50;EUR\n",
		want: `#id: rows  # there is none, each row is an order of its own: the relay knows a row by its content and date:`,
		asks: []string{"order.id"},
	}, {
		name: "neither key nor date",
		file: "Artikel;Betrag;Währung\nTee;1,50;EUR\nKaffee;2,50;EUR\nTee;1,50;EUR\n",
		want: `#id: rows  # there is none, each row is an order of its own: without a date the relay knows a row only in its file: the same file is taken once, but exports that overlap send their common rows again`,
		asks: []string{"order.at", "order.id"},
	}, {
		name: "people without id and date",
		file: "Name;Email;Phone;Campaign\nAnn;a@example.org;0123;x\nBob;b@example.org;0456;y\n",
		want: `# no id was found: without a date the relay knows a row only in its file:`,
		asks: []string{"event.action"},
	}, {
		name: "a refund with its sale's number",
		file: "Transaction ID,Date,Type,Item,Amount,Currency\nX1a,2026-11-20,Payment,Tea,2.50,EUR\nX1b,2026-11-20,Payment,Tea,2.50,EUR\nX1a,2026-11-21,Refund,Tea,-2.50,EUR\n",
		want: `id: Transaction ID
			group: '{Transaction ID}/{Type}'
			refund: { Type: Refund }`,
	}, {
		name: "Polish, with a mark at the front",
		file: "\ufeffData;Nr zamówienia;Nazwa towaru;Ilość;Cena jednostkowa;Wartość brutto;Status;Waluta\n2026-11-20;Z/1;Kubek;2;10,00;20,00;Opłacone;PLN\n2026-11-21;Z/2;Kubek;1;10,00;10,00;Anulowane;PLN\n2026-11-21;Z/3;Kubek;-1;10,00;-10,00;Zwrot;PLN\n",
		want: `void: { Status: Anulowane }
			refund: { Status: Zwrot }
			id: Nr zamówienia
			total: Wartość brutto`,
	}, {
		name: "Spanish, refunds by their sign",
		file: "Nº de pedido;Fecha;Artículo;Cantidad;Importe total;Moneda\nP-900;14/11/2026;Té;1;2,50;EUR\nP-901;15/11/2026;Té;-1;-2,50;EUR\n",
		want: `id: Nº de pedido
			refund: { Importe total: '<0' }`,
	}, {
		name: "Dutch, amounts of whole numbers",
		file: "Ordernummer;Datum;Omschrijving;Bedrag;Valuta\nA7;2026-11-20;Thee;250;EUR\nA8;2026-11-21;Thee;250;EUR\n",
		want: `#money: cents  # amounts are in cents: 250 is 2.50
			#money: '1234'  # amounts are in whole units: 250 is 250.00`,
		asks: []string{"values.money"},
	}, {
		name: "an amount in two readings",
		file: "Order ID;Date;Item;Total;Currency\nA7;2026-11-20;Tea;1.250;EUR\nA8;2026-11-21;Tea;2.500;EUR\n",
		asks: []string{"values.money"},
	}, {
		name: "net and tax, gross proven",
		file: "Order ID,Date,Item,Net Amount,Gross Amount,Tax,Currency\nA7,2026-11-20,Tea,2.00,2.38,0.38,EUR\nA8,2026-11-21,Tea,1.00,1.19,0.19,EUR\n",
		want: `# Gross Amount is the net amount and Tax in all rows
			total: Gross Amount`,
	}, {
		name: "gross before discounts, tax open",
		file: "Order ID,Date,Item,Gross sales,Discounts,Net sales,Taxes,Currency\nA7,2026-11-20,Tea,3.00,0.50,2.50,0.20,EUR\nA8,2026-11-21,Tea,1.00,0.00,1.00,0.10,EUR\n",
		want: `#total: Net sales  # the tax is in it
			#total: '= money("Net sales") + money("Taxes")'  # the tax is added to it`,
		asks: []string{"items.total"},
	}, {
		name: "continuation rows",
		file: "Order Ref,Date,Order Lines/Product,Order Lines/Quantity,Order Lines/Total,Currency\nS/1,2026-11-20 09:00:00,Tea,2,5.00,EUR\n,,Cake,1,3.00,\nS/2,2026-11-21 09:30:00,Tea,1,2.50,EUR\n",
		want: `fill: Order Ref
			id: Order Ref
			total: Order Lines/Total`,
	}, {
		name: "preamble and footer",
		file: "My Shop Ltd\n\nReport of 21 Nov\nReceipt No;Date;Item;Amount;Currency\nR-1;20.11.2026 09:00;Tea;2,50;EUR\nR-2;21.11.2026 09:30;Cake;2,00;EUR\nSummary:;;;4,50;\n",
		want: `# the header is in line 4: it is found by its names
			end: { Receipt No: '/^Summary:/' }`,
	}, {
		name: "no header",
		file: "R1;2026-11-20 09:00;Tee;2,50\nR1;2026-11-20 09:00;Brot;2,00\nR2;2026-11-21 09:30;Tee;2,50\n",
		set:  map[string]string{"order.id": "0", "items.label": "2", "items.total": "3", "const.currency": "EUR"},
		want: `header: none
			at: '1'
			id: '0'
			label: '2'
			total: '3'`,
	}, {
		name: "hour and minute apart",
		file: "DOB,CHECK,ITEM,HOUR,MINUTE,PRICE,CURRENCY\n11/20/2026,1,Soup,12,3,5.50,USD\n11/20/2026,2,Soup,12,45,5.50,USD\n11/21/2026,1,Soup,12,10,5.50,USD\n",
		want: `at: '{DOB} {HOUR}:{MINUTE}'
			id: '{DOB}/{CHECK}'`,
	}, {
		name: "items side by side",
		file: "order_id,order_date,status,email,currency,order_total,line_item_1,line_item_2\n2101,2026-11-20 09:00:00,completed,a@example.org,EUR,8.90,name:Tea|sku:T|quantity:2|total:5.00,name:Cake|sku:C|quantity:1|total:3.00\n2102,2026-11-21 09:30:00,cancelled,,EUR,2.50,name:Tea|sku:T|quantity:1|total:2.50,\n",
		want: `columns: 'line_item_*'
			pairs: '|:'
			sku: sku
			void: { status: cancelled }
			balance:
			total: order_total`,
	}, {
		name: "lines that are void",
		file: "Order Id,Order Date,Menu Item,Total,Void?,Currency\nQ1x,2026-11-20 09:00,Trout,22.00,false,USD\nQ1x,2026-11-20 09:00,Wine,8.00,true,USD\nQ2x,2026-11-21 09:00,Trout,22.00,false,USD\n",
		want: `skip: { 'Void?': 'true' }`,
	}, {
		name: "an abbreviation of a zone",
		file: "Order ID,Order Date,Item,Total,Currency\nA7,16-Dec-2026 02:44 AM EST,Tea,2.50,USD\nA8,17-Dec-2026 02:50 PM EST,Tea,2.50,USD\n",
		want: `date: dd-MMM-yyyy hh:mm a Z
			#zone: America/New_York  # the east of the United States`,
		asks: []string{"values.zone"},
	}, {
		name: "people, no sales",
		file: "Email,Name,Signed up\na@example.org,Ann,2026-11-20 09:00:00\nb@example.org,Bob,2026-11-21 09:00:00\n",
		want: `email: Email
			at: Signed up`,
		asks: []string{"event.action"},
	}, {
		name: "the webhook's own names",
		file: "email,__sku__,__total_in_cents__,__order__,__currency__\na@example.org,T,250,1,EUR\n",
		want: `# __sku__ is a name of the webhook's own: no mapping is needed`,
	}}
}

func TestFiles(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			f := learned(t, learn.Options{Set: s.set, Folder: "drop/till/"}, "sales.csv", s.file)
			checkEntry(t, f, s)
		})
	}
}

func checkEntry(t *testing.T, f *learn.Finding, s sample) {
	t.Helper()
	text := string(f.YAML())
	if asked := keys(f); !slices.Equal(asked, s.asks) {
		t.Errorf("asks %q, want %q", asked, s.asks)
	}
	for line := range strings.Lines(s.want) {
		if line = strings.TrimSpace(line); !strings.Contains(text, " "+line) {
			t.Errorf("no line %q", line)
		}
	}
	if len(f.Questions) == 0 {
		roundTrip(t, f)
	}
	if t.Failed() {
		t.Log("\n" + text)
	}
}

// roundTrip reads the entry as a config does.
func roundTrip(t *testing.T, f *learn.Finding) {
	t.Helper()
	cfg, err := config.Parse("c.yaml", append([]byte(account), f.YAML()...), config.Env{})
	if err != nil {
		t.Errorf("the entry does not read: %v", err)
		return
	}
	if f.Source.Preset != "" {
		return // the config lays the preset under it
	}
	for i, pattern := range cfg.Sources[0].Watch { // they begin in the data folder there
		if !strings.HasSuffix(filepath.ToSlash(pattern), f.Source.Watch[i]) {
			t.Errorf("watch reads as %q, want the end of it to be %q", pattern, f.Source.Watch[i])
		}
	}
	cfg.Sources[0].Watch = f.Source.Watch
	if diff := cmp.Diff([]source.Source{f.Source}, []source.Source(cfg.Sources)); diff != "" {
		t.Errorf("the entry reads otherwise (-found +read):\n%s", diff)
	}
}

func TestFilesOfJSON(t *testing.T) {
	const orders = `{"data":{"page":1,"orders":[
{"id":9007199254740993,"created_at":"2026-11-20T09:00:00+01:00","currency":"EUR","total":"8.00","customer":{"email":"a@example.org"},"status":"paid","line_items":[{"sku":"T","name":"Tea","quantity":2,"price":"2.50"},{"sku":"C","name":"Cake","quantity":1,"price":"3.00"}],"refunds":[{"id":5,"amount":"1.00"}]},
{"id":9007199254740994,"created_at":"2026-11-21T09:00:00+01:00","currency":"EUR","total":"2.50","customer":{"email":null},"status":"cancelled","line_items":[{"sku":"T","name":"Tea","quantity":1,"price":"2.50"}],"refunds":[]}]}}`
	for _, s := range []sample{{
		name: "array deep in a document",
		file: orders,
		want: `rows: data.orders
			date: iso
			void: { status: cancelled }
			id: id
			email: customer.email
			each: line_items
			# times quantity it adds up to total in all 2 orders
			price: price
			each: refunds
			id: 'R{id}'
			total: amount`,
	}, {
		name: "one order, cents by their name",
		file: `{"id":"O1","closed_at":"2026-11-20T09:00:00Z","total_cents":800,"currency":"EUR","lines":[{"product":{"name":"Tea"},"qty":2,"amount_cents":500},{"product":{"name":"Cake"},"qty":1,"amount_cents":300}]}`,
		want: `money: cents
			label: product.name
			total: amount_cents`,
	}, {
		name: "an object a line, numbers that may be cents",
		file: `{"id":"O1","date":1795600000,"currency":"EUR","items":[{"name":"Tea","total":500}]}` + "\n" + `{"id":"O2","date":1795686400,"currency":"EUR","items":[{"name":"Tea","total":300}]}` + "\n",
		want: "date: unix",
		asks: []string{"values.money"},
	}} {
		t.Run(s.name, func(t *testing.T) {
			checkEntry(t, learned(t, learn.Options{Folder: "drop/till/"}, "orders.json", s.file), s)
		})
	}
}

// What one file leaves open, another one tells.
func TestProofInAnotherFile(t *testing.T) {
	const head = "Order No,Date,Item,Total,Currency\n"
	f := learned(t, learn.Options{}, "in/export-2026-04-03.csv", head+"A1,03/04/2026,Tea,5.00,EUR\n", "in/export-2026-04-23.csv", head+"A2,23/04/2026,Tea,5.00,EUR\n")
	if why, want := f.Because["values.date"], "days up to 23 stand first (in/export-2026-04-23.csv line 2: 23/04/2026)"; !strings.HasPrefix(why, want) {
		t.Errorf("because %q, want %q", why, want)
	}
	if want := []string{"in/export-*.csv"}; !slices.Equal(f.Source.Watch, want) {
		t.Errorf("watch %q, want %q", f.Source.Watch, want)
	}
	if f.Source.Name != "export" {
		t.Errorf("name %q", f.Source.Name)
	}
}

// The proof may stand behind the rows that are looked at.
func TestProofFarBehind(t *testing.T) {
	var b strings.Builder
	b.WriteString("Order No,Date,Item,Total,Currency\n")
	for i := range 300 {
		fmt.Fprintf(&b, "A%d,%02d/04/2026,Tea,5.00,EUR\n", i, 1+i/25)
	}
	b.WriteString("B1,30/04/2026,Tea,5.00,EUR\n")
	f := learned(t, learn.Options{MaxRows: 50}, "big.csv", b.String())
	if got := strings.Join(f.Source.Values.Date, " "); got != "dd/MM/yyyy" || len(f.Questions) > 0 {
		t.Errorf("date %q, asks %q", got, keys(f))
	}
}

func TestEncodings(t *testing.T) {
	const text = "Belegnr;Datum;Bezeichnung;Betrag;Währung\nB-1;21.11.2026;Käse;2,50;EUR\nB-2;21.11.2026;Brötchen süß;3,90;EUR\n"
	for name, c := range map[string]*charmap.Charmap{"windows-1252": charmap.Windows1252, "ibm850": charmap.CodePage850} {
		data, err := c.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		f := learned(t, learn.Options{}, "a.csv", data)
		if f.Source.Read.Encoding != name || !strings.Contains(f.Because["read.encoding"], "Währung") {
			t.Errorf("%s: found %q because %q", name, f.Source.Read.Encoding, f.Because["read.encoding"])
		}
	}
	const polish = "Nr paragonu;Data;Nazwa;Wartość;Waluta\nB-1;21.11.2026;Świeża bułka;2,50;PLN\n"
	data, err := charmap.Windows1250.NewEncoder().String(polish)
	if err != nil {
		t.Fatal(err)
	}
	if f := learned(t, learn.Options{}, "a.csv", data); f.Source.Read.Encoding != "windows-1250" {
		t.Errorf("found %q because %q", f.Source.Read.Encoding, f.Because["read.encoding"])
	}
}

func TestNothingToLearn(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "header only": "Order No,Date,Total\n"} {
		_, err := learn.Files(fstest.MapFS{"a.csv": {Data: []byte(text)}}, []string{"a.csv"}, learn.Options{})
		if err == nil || !strings.Contains(err.Error(), "a.csv") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
