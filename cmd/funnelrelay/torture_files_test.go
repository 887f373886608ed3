package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var tortureRows = flag.Int("torture.rows", 6000, "rows of the large file; its orders have two each")

const (
	tortureFiles   = 20  // small files
	tortureOrders  = 25  // in each of them
	tortureJournal = 600 // lines that the journal grows by
)

const tortureSources = `sources:
  big:
    watch: %[1]q
    settle: 100ms
    const: { currency: EUR }
    order: { id: order, at: time, email: email }
    items: { sku: sku, label: label, total: total }
    values: { zone: UTC }
  journal:
    watch: %[2]q
    mode: follow
    settle: 100ms
    const: { currency: EUR }
    order: { id: order }
    items: { sku: sku, label: label, total: total }
`

// TestTortureFiles kills the real relay while it reads a large file, a journal
// that grows and small files that are dropped, before an upstream that fails.
// At the end every order is upstream exactly once, and whole.
func TestTortureFiles(t *testing.T) {
	seed := *tortureSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	folder := t.TempDir()
	r := newRig(t, fmt.Sprintf(tortureSources, filepath.Join(folder, "export-*.csv"), filepath.Join(folder, "journal.csv")))
	till := &tortureTill{t: t, folder: folder, drop: filepath.Join(r.dir, "data", "drop", "__commerce_action__")}
	till.export()
	r.up()
	var selling sync.WaitGroup
	selling.Go(till.journal)
	selling.Go(till.small)
	for range *tortureKills {
		r.faults(storms[dice.IntN(len(storms))])
		<-time.After(time.Duration(100+dice.IntN(900)) * time.Millisecond)
		r.relay.kill()
		r.up()
	}
	selling.Wait()
	r.faults(`{}`)
	till.wait(r)
	till.check(r)
}

// tortureTill writes files as tills do. Its goroutines do not share fields.
type tortureTill struct {
	t            *testing.T
	folder, drop string
}

// put shows a file under its name only when it is whole.
func (k *tortureTill) put(folder, name, text string) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		k.t.Error(err)
		return
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path+".tmp", []byte(text), 0o600); err != nil {
		k.t.Error(err)
		return
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		k.t.Error(err)
	}
}

// export is the large file: two rows an order.
func (k *tortureTill) export() {
	var b strings.Builder
	b.WriteString("order,time,email,sku,label,total\n")
	for i := range *tortureRows {
		fmt.Fprintf(&b, "B%d,2026-11-23T10:%02d:%02dZ,buyer%d@example.com,S%d,\"Thing, %d\",%d.%02d\n",
			i/2, i/60%60, i%60, i/2%500, i%2, i, i%50, i%100)
	}
	k.put(k.folder, "export-1.csv", b.String())
}

// journal grows by half lines, whole lines and several at once.
func (k *tortureTill) journal() {
	f, err := os.OpenFile(filepath.Join(k.folder, "journal.csv"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		k.t.Error(err)
		return
	}
	defer f.Close()
	write := func(text string) {
		if _, err := f.WriteString(text); err != nil {
			k.t.Error(err)
		}
	}
	write("order;sku;label;total\r\n")
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for i := range tortureJournal {
		line := fmt.Sprintf("J%d;S%d;Journal %d;1,5%d\r\n", i, i, i, i%10)
		half := len(line) * (i % 3) / 3
		write(line[:half])
		if i%4 == 0 {
			<-pace.C
		}
		write(line[half:])
	}
}

// small drops files of the webhook's own columns into the folder that needs no
// configuration.
func (k *tortureTill) small() {
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for n := range tortureFiles {
		var b strings.Builder
		b.WriteString("__order__,__sku__,__label__,__total_in_cents__,__currency__\n")
		for i := range tortureOrders {
			fmt.Fprintf(&b, "F%d,A,Tea,250,EUR\nF%d,B,Cake,%d,EUR\n", n*tortureOrders+i, n*tortureOrders+i, 100+i)
		}
		k.put(k.drop, fmt.Sprintf("day %d.csv", n), b.String())
		<-pace.C
	}
}

// orders is how many there are in all.
func (k *tortureTill) orders() int64 {
	return int64((*tortureRows+1)/2 + tortureJournal + tortureFiles*tortureOrders)
}

// wait until all was taken and sent.
func (k *tortureTill) wait(r *rig) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(4 * time.Minute); time.Now().Before(end); <-ticker.C {
		if s, err := r.status(); err == nil && s.Total.Accepted >= k.orders() && s.Total.Pending == 0 {
			return
		}
	}
	s, err := r.status()
	k.t.Fatalf("not everything was taken and sent: %+v, %v\n%s", s.Total, err, r.relay.output())
}

func (k *tortureTill) check(r *rig) {
	list, stats := r.arrived()
	times := map[string]int{}
	for _, d := range list {
		var sale struct {
			Items []struct {
				Order string `json:"__order__"`
			} `json:"purchase_data"`
		}
		if err := json.Unmarshal([]byte(d.Body), &sale); err != nil || len(sale.Items) == 0 {
			k.t.Fatalf("%v: %s", err, d.Body)
		}
		order := sale.Items[0].Order
		times[order]++
		if want := map[byte]int{'B': 2, 'F': 2, 'J': 1}[order[0]]; len(sale.Items) != want {
			k.t.Errorf("order %s has %d items, want %d: %s", order, len(sale.Items), want, d.Body)
		}
	}
	for order, n := range times {
		if n != 1 {
			k.t.Errorf("order %s arrived %d times", order, n)
		}
	}
	if int64(len(times)) != k.orders() {
		k.t.Errorf("%d orders arrived, want %d", len(times), k.orders())
	}
	if s, err := r.status(); err != nil || !s.Balanced || s.Total.Dead != 0 {
		k.t.Errorf("%+v, %v", s.Total, err)
	}
	for _, name := range []string{"export-1.csv", "day 0.csv"} {
		for _, dir := range []string{k.folder, k.drop} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				k.t.Errorf("%s was taken and still lies where it was dropped", name)
			}
		}
	}
	k.t.Logf("%d orders, %d repeats refused upstream, %d answers lost, struck %v", len(times), stats.Duplicates, stats.Lost, stats.Struck)
}
