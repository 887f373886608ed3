package machine

import "golang.org/x/sys/windows/registry"

// systemID is made by the setup of Windows, and anew by sysprep.
func systemID() string {
	// A 32-bit program would be shown another part of the registry.
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return ""
	}
	defer func() { _ = key.Close() }() // nothing was written
	id, _, err := key.GetStringValue("MachineGuid")
	if err != nil {
		return ""
	}
	return id
}
