//go:build !linux

package service

// keptAccount is not known here before the service manager is asked.
func keptAccount() string { return "" }

// SecretsAccount is who may read stored secrets: the daemon reads them itself.
func SecretsAccount() string { return DefaultAccount() }
