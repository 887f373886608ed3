package doctor

import "golang.org/x/sys/windows/registry"

// systemProxy is the proxy of the user's Internet options; "" for none. Nothing
// but browsers follows it.
func systemProxy() string {
	key, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Internet Settings`, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer func() { _ = key.Close() }() // only read
	if on, _, err := key.GetIntegerValue("ProxyEnable"); err == nil && on == 1 {
		if server, _, err := key.GetStringValue("ProxyServer"); err == nil && server != "" {
			return "the proxy " + withoutUser(server)
		}
	}
	if script, _, err := key.GetStringValue("AutoConfigURL"); err == nil && script != "" {
		return "a script that finds a proxy"
	}
	return ""
}
