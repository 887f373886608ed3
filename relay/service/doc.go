// Package service makes the relay a service of the system, and lets it live as
// one: systemd, OpenRC and SysV on Linux, the service control manager on
// Windows, launchd on macOS.
//
// github.com/kardianos/service writes what each system reads and drives it; what
// it would write by default does not do for a till (a systemd service that
// died is away for two minutes, one on Windows is not started again at all), so
// the texts and settings are this package's own. Around it this package makes
// the account, the folders and their rights, and tells the system what the
// daemon says of itself: ready, alive, stopping.
package service
