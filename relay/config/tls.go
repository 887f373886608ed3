package config

import "go.yaml.in/yaml/v4"

// TLS is how the port is encrypted. The zero TLS is not at all.
type TLS struct {
	SelfSigned bool   // a certificate of our own, made on first start
	Cert, Key  string // PEM files, read again when they change
}

// On reports whether the port is encrypted.
func (t TLS) On() bool { return t.SelfSigned || t.Cert != "" }

// String names the kind, for dumps: none, self-signed, or the two files.
func (t TLS) String() string {
	switch {
	case t.SelfSigned:
		return "self-signed"
	case t.Cert != "" || t.Key != "":
		return "cert " + t.Cert + ", key " + t.Key
	}
	return "none"
}

// tlsFiles are the keys of the form with files.
type tlsFiles struct {
	Cert string `yaml:"cert" is:"path"`
	Key  string `yaml:"key" is:"path"`
}

func (t *TLS) readNode(d *decoder, n *yaml.Node, path string) {
	const write = "write none, self-signed, or {cert: FILE, key: FILE}"
	switch n.Kind {
	case yaml.MappingNode:
		var files tlsFiles
		before := len(d.problems)
		d.structure(n, path, &files)
		switch {
		case len(d.problems) > before:
		case files.Cert == "":
			d.fail(n, join(path, "cert"), "is missing", "name the file of the certificate, in PEM, or write `tls: self-signed`")
		case files.Key == "":
			d.fail(n, join(path, "key"), "is missing", "name the file of the certificate's private key, in PEM")
		}
		*t = TLS{Cert: files.Cert, Key: files.Key}
	case yaml.ScalarNode:
		text, ok := d.text(n, path, false)
		switch {
		case !ok:
		case text == "none":
			*t = TLS{}
		case text == "self-signed":
			*t = TLS{SelfSigned: true}
		default:
			d.wrong(n, path, &fault{is: "is not a way to encrypt", write: write})
		}
	default:
		d.fail(n, path, "has "+kindName(n), write)
	}
}
