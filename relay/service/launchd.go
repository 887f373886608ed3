package service

import (
	"encoding/xml"
	"strings"
)

// launchd is the property list of the launch daemon on macOS. launchd waits ten
// seconds before it starts a program again that ended at once; ThrottleInterval
// makes that two, as on other systems, and ExitTimeOut lets a stop finish.
func launchd(o Options) string {
	var words strings.Builder
	for _, word := range append([]string{o.Executable}, arguments(o)...) {
		words.WriteString("\t\t<string>" + xmlText(word) + "</string>\n")
	}
	return strings.NewReplacer("@name", Name, "@account", xmlText(o.Account), "@data", xmlText(o.Data), "@words\n", words.String()).Replace(propertyList)
}

func xmlText(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

const propertyList = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>@name</string>
	<key>ProgramArguments</key>
	<array>
@words
	</array>
	<key>UserName</key>
	<string>@account</string>
	<key>EnvironmentVariables</key>
	<dict>
		<key>STATE_DIRECTORY</key>
		<string>@data</string>
	</dict>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<true/>
	<key>ThrottleInterval</key>
	<integer>2</integer>
	<key>ExitTimeOut</key>
	<integer>30</integer>
	<key>Umask</key>
	<integer>7</integer>
	<key>ProcessType</key>
	<string>Standard</string>
	<key>SoftResourceLimits</key>
	<dict>
		<key>NumberOfFiles</key>
		<integer>65536</integer>
	</dict>
</dict>
</plist>
`
