package spool

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"go.etcd.io/bbolt"
)

// TestDamagedListOfFreePages: bbolt goes by the header of that page when it
// commits; billions of pages in it would take minutes, and all memory.
func TestDamagedListOfFreePages(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	for i := range 20 {
		put(t, s, entry(i))
	}
	txid := uint64(0)
	if err := s.view(func(tx *bbolt.Tx) error { txid = uint64(tx.ID()); return nil }); err != nil {
		t.Fatal(err)
	}
	meta := metaSlots(t, path)[txid%2]
	list := int64(binary.LittleEndian.Uint64(meta[metaFreelist:])) * int64(os.Getpagesize())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xfe}, os.Getpagesize()), list); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	soon(t, "the salvage", func() {
		if _, err := s.Put(context.Background(), Batch{Entries: []Entry{entry(1)}}); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		put(t, s, entry(1))
	})
	if c := s.Counts()["shop"]; c.Pending != 21 || s.Health().Salvage == nil {
		t.Errorf("%+v", c)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}
