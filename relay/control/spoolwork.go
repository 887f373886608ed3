package control

import (
	"context"
	"strings"

	"funnelrelay/spool"
)

// SpoolStats is what GET /api/v1/spool answers.
type SpoolStats struct {
	Health spool.Health            `json:"health"`
	Queues map[string]spool.Counts `json:"queues"`
	Total  spool.Counts            `json:"total"`
	Held   int64                   `json:"held"` // of a copied spool, until a person decides
}

// SpoolStats tells of the spool's file and what is in it.
func (c *Control) SpoolStats(_ context.Context) (SpoolStats, error) {
	s := SpoolStats{Health: c.o.Spool.Health(), Queues: c.o.Spool.Counts()}
	for _, counts := range s.Queues {
		s.Total = plus(s.Total, counts)
	}
	var err error
	s.Held, err = c.o.Spool.Held()
	return s, err
}

// SpoolCheck is what a check of the whole file found.
type SpoolCheck struct {
	OK     bool     `json:"ok"`
	Faults []string `json:"faults"` // at most a hundred, and their number
}

// CheckSpool goes over the whole file. Events come and go meanwhile.
func (c *Control) CheckSpool(_ context.Context) (SpoolCheck, error) {
	check := SpoolCheck{OK: true, Faults: []string{}}
	if err := c.o.Spool.Check(); err != nil {
		check.OK, check.Faults = false, strings.Split(err.Error(), "\n")
	}
	return check, nil
}

// SpoolCompact is what a compaction did.
type SpoolCompact struct {
	Before int64 `json:"before"` // bytes of the file
	After  int64 `json:"after"`
}

// CompactSpool makes the file smaller. Intake waits meanwhile.
func (c *Control) CompactSpool(_ context.Context) (SpoolCompact, error) {
	before := c.o.Spool.Health().Size
	err := c.o.Spool.Compact()
	return SpoolCompact{Before: before, After: c.o.Spool.Health().Size}, err
}
