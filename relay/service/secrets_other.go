//go:build !linux

package service

// SecretsAccount is who may read stored secrets: the daemon reads them itself.
func SecretsAccount() string { return DefaultAccount() }
