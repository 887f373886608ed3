package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	startTime = 60 * time.Second // until ready; a large file on a slow disk may take some
	stopTime  = 30 * time.Second // from SIGTERM to the end
	tailLines = 20               // of a log, shown when its program fails
)

// process is a running program that is measured.
type process struct {
	cmd     *exec.Cmd
	started time.Time
	address string        // of its port
	ended   chan struct{} // closed when it is gone
	peak    atomic.Int64  // of its anonymous memory, in bytes; 0: cannot be told

	mu   sync.Mutex // guards tail
	tail []string   // the last lines of its stderr
}

// launch starts cmd and waits until it takes requests: at address, or, where
// that is "", at the one that its log names as ready.
func launch(cmd *exec.Cmd, address string) (*process, error) {
	p := &process{cmd: cmd, address: address, ended: make(chan struct{}), started: time.Now()}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go p.follow(stderr, ready)
	go p.watchMemory()
	if address != "" {
		go p.knock(ready)
	}
	select {
	case p.address = <-ready:
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("%s ended before it was ready:\n%s", cmd.Path, p.log())
	case <-time.After(startTime):
		p.kill()
		return nil, fmt.Errorf("%s is not ready after %s:\n%s", cmd.Path, startTime, p.log())
	}
}

// follow reads the log to its end, and waits for the process.
func (p *process) follow(stderr io.Reader, ready chan<- string) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var entry struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "ready" && entry.Address != "" {
			select {
			case ready <- entry.Address:
			default:
			}
		}
		p.mu.Lock()
		p.tail = append(p.tail[max(0, len(p.tail)-tailLines+1):], lines.Text())
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, stderr) // after a line of 1 MB
	_ = p.cmd.Wait()                   // its exit code is in cmd.ProcessState
	close(p.ended)
}

// knock waits until the port of a program that logs nothing is open.
func (p *process) knock(ready chan<- string) {
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	for {
		if c, err := net.DialTimeout("tcp", p.address, time.Second); err == nil {
			_ = c.Close()
			ready <- p.address
			return
		}
		select {
		case <-every.C:
		case <-p.ended:
			return
		}
	}
}

// watchMemory keeps the peak.
func (p *process) watchMemory() {
	every := time.NewTicker(25 * time.Millisecond)
	defer every.Stop()
	for {
		n, err := anonymousMemory(p.cmd.Process.Pid)
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if err == nil {
			p.peak.Store(max(p.peak.Load(), n))
		}
		select {
		case <-every.C:
		case <-p.ended:
			return
		}
	}
}

// stop ends the process in order, or at once where the system cannot ask it.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.kill() // Windows has no such signal
		return nil
	}
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		p.kill()
		return fmt.Errorf("%s did not stop within %s:\n%s", p.cmd.Path, stopTime, p.log())
	}
	if code := p.cmd.ProcessState.ExitCode(); code > 0 {
		return fmt.Errorf("%s stopped with exit code %d:\n%s", p.cmd.Path, code, p.log())
	}
	return nil
}

// kill ends the process at once; it may have ended already.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// hasEnded reports whether the process is gone.
func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, "\n")
}

// build makes the relay's binary at path. It is run from within the module.
func build(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "funnelrelay/cmd/funnelrelay")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the relay: %w; call this inside its module, or with -binary\n%s", err, out)
	}
	return nil
}
