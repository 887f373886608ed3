// Package spool is a durable queue in one bbolt file.
package spool
