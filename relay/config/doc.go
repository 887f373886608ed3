// Package config reads the relay's configuration: strict YAML in which every
// unknown key, wrong type and bad value is reported at once, each with its
// line, its column and what to write instead. Of ours it imports source, the
// words in which a person writes about files, and secret, the store of keys.
//
// The types are the manual: each field says its default, its unit and how to
// make the value, and config.example.yaml is held to them by a test.
//
// Rules that hold for every value:
//
//   - A value is the text as it was written, and the key decides how the text
//     is read. 0123 is never octal, and no is never false where text is wanted.
//   - A key without a value (`auth:`) is a key left out: it has its default.
//   - Values take ${env:NAME} (a variable of the daemon's environment),
//     ${file:PATH} (a file's text without its last line end) and ${cred:NAME}
//     (a systemd credential, or else a secret that is stored beside the
//     config). They are put in after the YAML was read, so what they hold
//     cannot change its structure. A literal ${ is written $${.
//   - A relative path is taken from the folder of the config file, wherever
//     the daemon was started.
//   - Lengths of time are written 90s, 15m, 24h, 30d, 2w or 1d12h; sizes 512kB,
//     2GB (decimal) or 16MiB (binary).
//   - A preset is laid under the source that names it: what stands in the file
//     wins, key by key; lists and conditions win as a whole.
//   - What a reference or a secret key holds is in no error, no excerpt and no
//     dump.
package config
