// Package secret keeps API keys and passwords apart from the config, in a
// folder beside it: one file a secret, named as the secret is.
//
// The config refers to one as ${cred:NAME}. Who runs the service alone may
// read the folder (package rights). On Unix a file holds the plain text; under
// systemd it is handed to the daemon as a credential. On Windows it is
// encrypted for the machine (DPAPI) besides, so that a file that is copied
// elsewhere, or restored on another PC, is worth nothing: there it must be
// stored again.
package secret
