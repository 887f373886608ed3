package rights

import (
	"crypto/sha1" // names virtual accounts, and protects nothing
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"golang.org/x/sys/windows"
)

// virtualAccounts is the domain of accounts that exist because a service does.
const virtualAccounts = `NT SERVICE\`

// SID is the security identifier of an account; of the present user for "".
// That of a virtual account is computed, as Windows does, and found before its
// service is there.
func SID(account string) (*windows.SID, error) {
	if account == "" {
		user, err := windows.GetCurrentProcessToken().GetTokenUser()
		if err != nil {
			return nil, fmt.Errorf("who runs this program: %w", err)
		}
		return user.User.Sid, nil
	}
	if len(account) > len(virtualAccounts) && strings.EqualFold(account[:len(virtualAccounts)], virtualAccounts) {
		return virtualSID(account[len(virtualAccounts):])
	}
	sid, _, _, err := windows.LookupSID("", strings.TrimPrefix(account, `.\`))
	if err != nil {
		return nil, fmt.Errorf("the account %s is not there: %w", account, err)
	}
	return sid, nil
}

// virtualSID is S-1-5-80 and the SHA-1 of the service's name in capitals.
func virtualSID(service string) (*windows.SID, error) {
	hash := sha1.New()
	for _, unit := range utf16.Encode([]rune(strings.ToUpper(service))) {
		hash.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	sum := hash.Sum(nil)
	text := "S-1-5-80"
	for i := 0; i < len(sum); i += 4 {
		text += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sum[i:]))
	}
	return windows.StringToSid(text)
}
