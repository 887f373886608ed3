//go:build !linux

package main

import (
	"errors"
	"time"
)

// What is read from /proc, or asked of the page cache, is left out elsewhere.

func anonymousMemory(int) (int64, error) { return 0, errors.ErrUnsupported }

func processorTime(int) (time.Duration, error) { return 0, errors.ErrUnsupported }

func voluntarySwitches(int) (int64, error) { return 0, errors.ErrUnsupported }

func dropCache(string) error { return errors.ErrUnsupported }

type usage struct{}

func usedSoFar() (usage, error) { return usage{}, errors.ErrUnsupported }

func othersSince(usage) (cores float64, err error) { return 0, errors.ErrUnsupported }
