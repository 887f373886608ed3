package main

import (
	"golang.org/x/sys/windows/registry"

	"funnelrelay/relay/values"
)

// machineTimezone is the IANA name of the zone that this machine is set to; ""
// where Windows has one that nobody has a name for.
func machineTimezone() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\TimeZoneInformation`, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer func() { _ = key.Close() }() // only read
	name, _, err := key.GetStringValue("TimeZoneKeyName")
	if err != nil {
		return ""
	}
	place, _ := values.ZonePlace(name)
	return place
}
