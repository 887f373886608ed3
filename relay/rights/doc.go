// Package rights says who may read and write a folder or a file of the relay.
//
// One account runs the relay as a service, and nobody else is to read its
// spool, its keys and its log. Besides the account only those come in who rule
// the machine anyhow: root on Unix, SYSTEM and the Administrators on Windows.
// A drop folder is the exception: there the machine's users leave their files.
//
//	            Unix                            Windows
//	Private     account, 0700                   protected ACL: SYSTEM, Administrators, account
//	Shared      account and its group, 2770     the same, and Users may create, change, delete
//	PrivateFile account, 0600                   as Private
//
// All functions may be called again on what they made before, and bring it
// back to what they promise. An account of "" is the user that runs the
// program. Windows' virtual accounts (NT SERVICE\name) are known by their name
// alone, so that they may be given rights before the service is there.
//
// A folder that holds more than the relay's own things, such as a home or the
// root of a disk, is refused, as all that is inside changes hands.
package rights
