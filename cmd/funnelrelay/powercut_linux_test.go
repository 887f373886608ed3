package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"funnelrelay/relay/sandbox"
)

var (
	powercuts    = flag.Int("powercut.cuts", 50, "how often the power is cut")
	powercutSeed = flag.Uint64("powercut.seed", 0, "of the moments; 0: a new one")
)

const (
	powercutNeeds   = "FUNNELRELAY_NEED_POWERCUT"
	powercutSenders = 8
)

const powercutConfig = `listen: %s
data: %s
projects:
  shop:
    project_id: account-1
    api_key: key-1
    url: %s
    connections: 8
sources:
  journal:
    watch: %q
    mode: follow
    settle: 100ms
    const: { currency: EUR }
    order: { id: order }
    items: { sku: sku, label: label, total: total }
`

// TestPowerCut takes pictures of what has reached the disk while the real relay
// takes and sends under load, and starts a relay on each of them, as after a
// power cut at that moment. What was acknowledged before the picture, or was in
// a file that was on disk or lies in done/, is in the spool and upstream exactly
// once; the spool needs no salvage; and the shop goes on.
func TestPowerCut(t *testing.T) {
	p := newPowercut(t)
	p.up()
	p.load(*powercuts)
	t.Run("cut", func(t *testing.T) {
		for i := range p.cuts {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				for _, finding := range p.after(t, &p.cuts[i]) {
					t.Error(finding)
				}
			})
		}
	})
	t.Logf("%d cuts; of the events in them %d were sent, %d waited, %d had arrived upstream and were not yet marked; %d files were lost by the till itself",
		len(p.cuts), p.sent, p.waited, p.doubtful, p.blank)
	if p.sent == 0 || p.waited == 0 || p.doubtful == 0 {
		t.Error("no cut came while events waited, or between an arrival and its mark: the test proves nothing")
	}
}

// TestPowerCutWithoutSync proves that TestPowerCut can fail: a relay that does
// not sync loses what it acknowledged.
func TestPowerCutWithoutSync(t *testing.T) {
	p := newPowercut(t)
	p.up("env", asProgram+"="+withoutSync)
	p.load(3)
	var hurt atomic.Int64
	t.Run("cut", func(t *testing.T) {
		for i := range p.cuts {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				if findings := p.after(t, &p.cuts[i]); len(findings) > 0 {
					hurt.Add(1)
					t.Logf("%d findings, the first: %s", len(findings), findings[0])
				}
			})
		}
	})
	if hurt.Load() == 0 {
		t.Error("nothing was lost or damaged by power cuts, though nothing was synced")
	}
}

// powercut is a relay and a till on a disk of which pictures can be taken: an
// ext4 image that is a file on xfs, where a copy is an atomic clone.
type powercut struct {
	*shop
	image   string
	cuts    []cut
	acked   [powercutSenders]atomic.Int64 // events 0 to acked-1 of each sender
	synced  atomic.Int64                  // lines of the journal that are on disk
	dropped atomic.Int64                  // files that are on disk, and their names

	mu                            sync.Mutex // guards all below
	sent, waited, doubtful, blank int        // what was found in the pictures
}

// shop is a relay, its upstream, and a till on the relay's disk. The witness of
// the spool is on that disk, too: what the cut leaves of both must fit.
type shop struct {
	*rig
	disk, data, till string
	box              *sandbox.Sandbox
}

// newShop makes the config of a relay whose folder is on a disk at dir/disk.
func newShop(t *testing.T, dir string) *shop {
	t.Helper()
	s := &shop{rig: &rig{t: t, dir: dir, http: &http.Client{Timeout: 20 * time.Second}}, disk: filepath.Join(dir, "disk")}
	t.Cleanup(s.http.CloseIdleConnections)
	s.data, s.till = filepath.Join(s.disk, "data"), filepath.Join(s.disk, "till")
	s.box = sandbox.New(sandbox.Options{Keep: 1e6, UserDelay: sandbox.NoDelay})
	upstream := httptest.NewServer(s.box.Handler())
	t.Cleanup(upstream.Close)
	s.upstream = upstream.URL
	address := freeAddress(t)
	s.base, s.config = "http://"+address, filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf(powercutConfig, address, s.data, s.upstream, filepath.Join(s.till, "journal.csv"))
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// cut is one moment.
type cut struct {
	picture         string
	acked           [powercutSenders]int64
	synced, dropped int64
	upstream        []sandbox.Delivery // the first seen came before the picture, the rest while it was taken
	seen            int64
}

func newPowercut(t *testing.T) *powercut {
	needRoot(t, powercutNeeds, "mkfs.xfs", "mkfs.ext4", "mount")
	dir := t.TempDir()
	p := &powercut{shop: newShop(t, dir)}
	outer := filepath.Join(dir, "outer")
	newImage(t, filepath.Join(dir, "outer.img"), 8<<30, outer, "mkfs.xfs", "-q", "-m", "reflink=1")
	p.image = filepath.Join(outer, "disk.img")
	newImage(t, p.image, 192<<20, p.disk, "mkfs.ext4", "-q")
	if err := os.MkdirAll(p.till, 0o700); err != nil {
		t.Fatal(err)
	}
	return p
}

// load keeps the relay busy, cuts the power so often at random moments, and
// leaves the disk unmounted.
func (p *powercut) load(cuts int) {
	seed := *powercutSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	p.t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 2))
	p.faults(`{"lost":0.005}`)
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	for n := range powercutSenders {
		working.Go(func() { p.send(ctx, n) })
	}
	working.Go(func() { p.journal(ctx) })
	working.Go(func() { p.drop(ctx) })
	<-time.After(500 * time.Millisecond)
	for i := range cuts {
		<-time.After(time.Duration(20+dice.IntN(150)) * time.Millisecond)
		p.cuts = append(p.cuts, p.cut(i))
	}
	stop()
	working.Wait()
	p.relay.kill()
	unmountAt(p.t.(*testing.T), p.disk)
}

// cut takes a picture. What must be in it is read first.
func (p *powercut) cut(i int) cut {
	c := cut{picture: filepath.Join(filepath.Dir(p.image), fmt.Sprintf("picture%d.img", i))}
	for n := range p.acked {
		c.acked[n] = p.acked[n].Load()
	}
	c.synced, c.dropped, c.seen = p.synced.Load(), p.dropped.Load(), p.box.Stats().Taken
	clone(p.t, p.image, c.picture)
	c.upstream = p.box.Deliveries(0, 0)
	return c
}

// clone copies a file as it is at one instant: what the loop device was given.
func clone(t testing.TB, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	if err := unix.IoctlFileClone(int(target.Fd()), int(source.Fd())); err != nil {
		t.Fatalf("clone %s: %v", from, err)
	}
}

// powercutSale is an event under the order's number by which it is found again.
func powercutSale(order, email string) string {
	return fmt.Sprintf(`{"email":%q,"purchase_data":[{"__sku__":"A","__label__":"B","__total_in_cents__":100,"__order__":%q,"__currency__":"EUR"}]}`, email, order)
}

// sell posts an order of a sender's.
func (p *shop) sell(n int, i int64) (status int, answer string) {
	order := fmt.Sprintf("S%d-%d", n, i)
	return p.post(context.Background(), "__commerce_action__", order, powercutSale(order, fmt.Sprintf("person%d-%d@example.com", n, i%3)))
}

func (p *powercut) send(ctx context.Context, n int) {
	for i := int64(0); ctx.Err() == nil; {
		switch status, answer := p.sell(n, i); status {
		case 202, 200:
			i++
			p.acked[n].Store(i)
		case 0, 503:
		default:
			p.t.Errorf("sender %d, event %d: %d %s", n, i, status, answer)
			return
		}
	}
}

const journalHead = "order;sku;label;total\r\n"

func journalLine(i int64) string { return fmt.Sprintf("J%d;S%d;Journal %d;1,5%d\r\n", i, i, i, i%10) }

// journal is a file that grows; now and then the till syncs it.
func (p *powercut) journal(ctx context.Context) {
	f, err := os.OpenFile(filepath.Join(p.till, "journal.csv"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer f.Close()
	text := journalHead
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for i := int64(0); ctx.Err() == nil; i++ {
		if _, err := f.WriteString(text + journalLine(i)); err != nil {
			p.t.Error(err)
			return
		}
		text = ""
		if i%16 == 0 {
			if err := f.Sync(); err != nil {
				p.t.Error(err)
				return
			}
			p.synced.Store(i + 1)
		}
		<-pace.C
	}
}

const powercutOrders = 5 // of a dropped file

func dropName(i int64) string { return fmt.Sprintf("day %d.csv", i) }

// dropText is a file of orders; so that its size tells whether it is whole.
func dropText(i int64) string {
	var b strings.Builder
	b.WriteString("__order__,__sku__,__label__,__total_in_cents__,__currency__\n")
	for k := range powercutOrders {
		fmt.Fprintf(&b, "F%d-%d,A,Tea,250,EUR\n", i, k)
	}
	return b.String()
}

// drop puts one file after the other into the folder that needs no
// configuration; two of three are synced by the till.
func (p *powercut) drop(ctx context.Context) {
	pace := time.NewTicker(40 * time.Millisecond)
	defer pace.Stop()
	for i := int64(0); ctx.Err() == nil; i++ {
		if err := p.dropFile(i, i%3 != 0); err != nil {
			p.t.Error(err)
			return
		}
		if i%3 == 2 {
			p.dropped.Store(i + 1)
		}
		<-pace.C
	}
}

func (p *shop) dropFile(i int64, sync bool) error {
	dir := filepath.Join(p.data, "drop", "__commerce_action__")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(p.till, "upload.tmp")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(dropText(i)); err != nil {
		return err
	}
	if sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := os.Rename(path, filepath.Join(dir, dropName(i))); err != nil || !sync {
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
