package main

import "golang.org/x/sys/windows/svc"

// underService says that the system runs the program: a service sees no drive
// letters that a user has mapped.
func underService() bool {
	is, err := svc.IsWindowsService()
	return is && err == nil
}
