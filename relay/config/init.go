package config

import (
	"cmp"
	"strconv"
	"strings"
)

// InitOptions are what a new config says; zero values are defaults. The texts
// are values of the file: they may be references, and a literal ${ is $${.
type InitOptions struct {
	Project   string // the project's name; default shop
	ProjectID string // default ${env:FUNNELYTICS_PROJECT_ID}
	APIKey    string // default ${env:FUNNELYTICS_API_KEY}
	URL       string // default: the upstream's own
	Listen    string // default 127.0.0.1:8787
	Data      string // default: the system's own
	Timezone  string // default: the machine's, by its name where that can be found
}

// Template writes a new config with comments. Parse accepts it, provided that
// the options are legal and its references can be resolved.
func Template(o InitOptions) []byte {
	defaults := Default()
	zone := cmp.Or(o.Timezone, MachineZone(), string(LocalZone))
	r := strings.NewReplacer(
		"@listen", setting("listen", o.Listen, defaults.Listen),
		"@data", setting("data", o.Data, defaults.Data),
		"@timezone", "timezone: "+scalar(zone),
		"@project", cmp.Or(o.Project, "shop"),
		"@id", scalar(cmp.Or(o.ProjectID, "${env:FUNNELYTICS_PROJECT_ID}")),
		"@key", scalar(cmp.Or(o.APIKey, "${env:FUNNELYTICS_API_KEY}")),
		"@url", setting("url", o.URL, DefaultProject().URL),
		"@max_size", defaults.Spool.MaxSize.String(),
	)
	return []byte(r.Replace(template))
}

// setting is a key that stands as a comment while it has its default.
func setting(key, value, usual string) string {
	if value == "" || value == usual {
		return "#" + key + ": " + scalar(usual)
	}
	return key + ": " + scalar(value)
}

// scalar writes a text as a YAML value, in quotes only where it needs them.
func scalar(text string) string {
	plain := strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+") == ""
	address := !strings.HasPrefix(text, "$") && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789.:/-") == "" && !strings.HasSuffix(text, ":")
	reference := strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}") && strings.Count(text, "}") == 1 && !strings.ContainsAny(text, " #\"'\n\r\t")
	if text != "" && (plain || address || reference) && !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, ":") {
		return text
	}
	if strings.ContainsAny(text, "\n\r\t\x00") || strconv.Quote(text) != `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)+`"` {
		return strconv.QuoteToASCII(text) // YAML reads Go's \n, \t, \x, \u and \U alike
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

const template = `# funnelrelay: takes events on this machine, keeps them on disk, and forwards
# them to Funnelytics for as long as it takes.
#
# A line that begins with # and a key shows the default; take the # away to set
# it. Check the file with: funnelrelay check
# A running daemon takes a change up with: funnelrelay reload

# Where events are taken. 127.0.0.1 is this machine only.
@listen

# The folder of everything that must survive a restart.
@data

# The site's timezone: for events that come without a dateTime.
@timezone

# The Funnelytics workspaces; the first is the default.
projects:
  @project:
    # Both stand in the account's integrations tab: Webhook Account ID and
    # Webhook Secret Key. Instead of the text itself you can write
    #   ${env:NAME}   an environment variable of the daemon
    #   ${file:PATH}  what a file holds (only its owner may read it)
    #   ${cred:NAME}  what the command funnelrelay secret set NAME stored
    project_id: @id
    api_key: @key
    @url
    # How many events are in flight at once, and how many are sent at most
    # (20/s, 600/m).
    #connections: 4
    #rate: none
    # What fills a purchase's entries that lack it.
    #defaults: {__currency__: EUR}

# Who is told when something is wrong, besides the page and the log: by mail, a
# webhook or a command. With silence there is an alarm also where no sale came for
# so long while the shop is open.
alarm:
  #silence: 60m
  #hours: {mon-fri: 09:00-18:30, sat: 09:00-14:00}
  #to:
  #  - mail: {server: smtp.example.com:587, from: relay@shop.example, to: owner@shop.example,
  #           user: relay@shop.example, password: "${cred:mail}"}
  #  - webhook: https://hooks.example/...

# How much is kept on disk, and for how long: the file's quota, the bodies of
# events that were sent, and the memory of what was taken.
spool:
  #max_size: @max_size
  #keep_sent: 30d
  #keep_keys: 800d
`
