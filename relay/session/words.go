package session

// english and deutsch are the page's words: those of a Why, and its fixed ones.
var (
	english = map[string]string{
		"lang": "en", "title": "Log in to funnelrelay", "token": "Admin token", "login": "Log in", "go": "Go on",
		"how":       "On the machine on which the relay runs, this command opens this page and lets you in:",
		"menu":      "On Windows it is in the Start menu: funnelrelay dashboard.",
		"or":        "Or paste the admin token. It is the text of the file admin.token in the relay's data folder.",
		"ask":       "You are not logged in.",
		"wrong":     "That is not the admin token.",
		"used":      "This link was used already, or is older than five minutes. Each link lets in once.",
		"slower":    "There were too many wrong tries. Wait half a minute, then try again, or use the command below.",
		"stale":     "The page that you came from belongs to a session that is over. Nothing was changed. Log in, and do it again.",
		"remote":    "Reading is off for other machines and through a proxy. Use the relay's own machine, or set http.remote_reading: true in its config.",
		"inurl":     "A token does not belong into an address: it stays in histories and logs. Nobody was let in. If it is the right one, remove the file admin.token and restart the relay, which then makes a new one.",
		"through":   "You are logged in.",
		"out":       "You are logged out.",
		"otherwise": "How to get in",
	}
	deutsch = map[string]string{
		"lang": "de", "title": "Bei funnelrelay anmelden", "token": "Admin-Token", "login": "Anmelden", "go": "Weiter",
		"how":       "Auf dem Rechner, auf dem das Relay läuft, öffnet dieser Befehl diese Seite und meldet Sie an:",
		"menu":      "Unter Windows steht er im Startmenü: funnelrelay dashboard.",
		"or":        "Oder fügen Sie den Admin-Token ein. Er steht in der Datei admin.token im Datenordner des Relays.",
		"ask":       "Sie sind nicht angemeldet.",
		"wrong":     "Das ist nicht der Admin-Token.",
		"used":      "Dieser Link wurde schon benutzt oder ist älter als fünf Minuten. Jeder Link gilt einmal.",
		"slower":    "Es gab zu viele falsche Versuche. Warten Sie eine halbe Minute und versuchen Sie es dann wieder, oder nehmen Sie den Befehl unten.",
		"stale":     "Die Seite, von der Sie kommen, gehört zu einer beendeten Sitzung. Es wurde nichts geändert. Melden Sie sich an und wiederholen Sie es.",
		"remote":    "Von anderen Rechnern und über einen Proxy ist das Lesen abgeschaltet. Nehmen Sie den Rechner des Relays, oder setzen Sie http.remote_reading: true in der Datei config.yaml.",
		"inurl":     "Ein Token gehört nicht in eine Adresse: Dort bleibt er in Verläufen und Protokollen stehen. Niemand wurde angemeldet. Falls es der richtige ist, löschen Sie die Datei admin.token und starten Sie das Relay neu; es macht dann einen neuen.",
		"through":   "Sie sind angemeldet.",
		"out":       "Sie sind abgemeldet.",
		"otherwise": "So kommen Sie hinein",
	}
)
