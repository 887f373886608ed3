package doctor

import (
	"crypto/x509/pkix"
	"strings"
)

// kind is what is known of who issued a certificate.
type kind int

const (
	unknown    kind = iota
	public          // an authority that every system knows
	inspecting      // a program or a box that opens connections to look inside
)

// inspectors are words in the names under which such programs issue, and whose
// they are.
var inspectors = [...][2]string{
	{"kaspersky", "Kaspersky, an antivirus program"}, {"avast", "Avast, an antivirus program"}, {"avg ", "AVG, an antivirus program"},
	{"eset", "ESET, an antivirus program"}, {"bitdefender", "Bitdefender, an antivirus program"}, {"g data", "G DATA, an antivirus program"},
	{"dr.web", "Dr.Web, an antivirus program"}, {"norton", "Norton, an antivirus program"}, {"panda", "Panda, an antivirus program"},
	{"avira", "Avira, an antivirus program"}, {"adguard", "AdGuard, a filter for advertisements"},
	{"zscaler", "Zscaler, a company's proxy"}, {"fortinet", "a FortiGate firewall"}, {"fortigate", "a FortiGate firewall"},
	{"sophos", "Sophos, a firewall or an antivirus program"}, {"netskope", "Netskope, a company's proxy"},
	{"blue coat", "a Blue Coat proxy"}, {"bluecoat", "a Blue Coat proxy"}, {"mcafee", "a McAfee proxy"}, {"skyhigh", "a Skyhigh proxy"},
	{"palo alto", "a Palo Alto firewall"}, {"umbrella", "Cisco Umbrella, a company's proxy"}, {"check point", "a Check Point firewall"},
	{"barracuda", "a Barracuda firewall"}, {"watchguard", "a WatchGuard firewall"}, {"fireware", "a WatchGuard firewall"},
	{"sonicwall", "a SonicWall firewall"}, {"forcepoint", "a Forcepoint proxy"}, {"websense", "a Forcepoint proxy"},
	{"untangle", "an Untangle firewall"}, {"pfsense", "a pfSense firewall"}, {"opnsense", "an OPNsense firewall"}, {"squid", "a Squid proxy"},
	{"securepoint", "a Securepoint firewall"}, {"lancom", "a LANCOM firewall"}, {"mitmproxy", "mitmproxy, a program that shows connections"},
	{"charles proxy", "Charles, a program that shows connections"}, {"fiddler", "Fiddler, a program that shows connections"},
	{"portswigger", "Burp, a program that shows connections"},
}

// publics are words in the names of the authorities that systems come with.
var publics = [...]string{
	"let's encrypt", "internet security research group", "digicert", "sectigo", "comodo", "usertrust", "globalsign", "google trust services",
	"amazon", "starfield", "godaddy", "go daddy", "entrust", "identrust", "digital signature trust", "microsoft", "ssl.com", "ssl corporation",
	"certum", "asseco", "unizeto", "actalis", "buypass", "quovadis", "swisssign", "d-trust", "t-systems", "deutsche telekom", "telekom security", "harica",
	"hellenic academic", "certigna", "dhimyotis", "trustcor", "thawte", "geotrust", "rapidssl", "verisign", "baltimore", "cybertrust",
	"cloudflare", "zerossl", "gts ", "isrg", "affirmtrust", "trustwave", "securetrust", "network solutions", "izenpe", "camerfirma",
	"firmaprofesional", "accv", "e-szigno", "microsec", "netlock", "atos", "telia", "secom", "cybertrust japan", "twca", "chunghwa",
	"gdca", "cfca", "sheca", "hongkong post", "naver", "emsign", "oiste", "wisekey", "certsign", "tubitak", "krajowa izba",
}

// authority says who stands behind a certificate: by who issued it, and by the
// root to which that leads.
func authority(issuer, root pkix.Name) (who string, k kind) {
	names := strings.ToLower(full(issuer) + " | " + full(root) + " ")
	for _, one := range inspectors {
		if strings.Contains(names, one[0]) {
			return one[1], inspecting
		}
	}
	rootName := strings.ToLower(full(root) + " ")
	for _, one := range publics {
		if strings.Contains(rootName, one) {
			return nameOf(root), public
		}
	}
	return nameOf(root), unknown
}

func full(n pkix.Name) string {
	return strings.Join(append(append([]string{n.CommonName}, n.Organization...), n.OrganizationalUnit...), " ")
}

// nameOf is how an authority calls itself.
func nameOf(n pkix.Name) string {
	org := strings.Join(n.Organization, ", ")
	switch {
	case org == "" && n.CommonName == "":
		return "somebody without a name"
	case org == "":
		return n.CommonName
	case n.CommonName == "" || strings.Contains(n.CommonName, org):
		return org
	}
	return n.CommonName + " (" + org + ")"
}
