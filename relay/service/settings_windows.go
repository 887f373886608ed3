package service

import kardianos "github.com/kardianos/service"

// settings are kardianos's. Its OnFailure is left out: it knows one action
// only, and none for a service that ends with an error; finish sets our own.
func settings(o Options) *kardianos.Config {
	return &kardianos.Config{
		Name: Name, DisplayName: displayName, Description: description,
		Executable: o.Executable, Arguments: arguments(o), UserName: o.Account,
		Option: kardianos.KeyValue{"DelayedAutoStart": true},
	}
}
