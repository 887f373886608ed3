package dropfolder

import (
	"fmt"
	"runtime/debug"
)

// guarded calls read, and makes of a panic in it an unreadable file: a fault of
// ours that one file brings out must not keep the daemon from all others, start
// after start.
func (t *taking) guarded(read func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		t.lane.watcher.o.Log.Error("panic while reading a file; please report it", "source", t.source.Name,
			"file", t.file.path, "panic", v, "stack", string(debug.Stack()))
		err = &unreadable{fmt.Errorf("a fault in funnelrelay itself, which this file brings out (%v); please report it with the file and the log, and put the file back after an update", v)}
	}()
	return read()
}
