package rights

// Exists says whether the system knows an account; a virtual one it always does.
func Exists(account string) bool {
	_, err := SID(account)
	return err == nil
}
