# shellcheck shell=bash
# The texts that go with the program: man pages and completions, which the
# program writes itself, licences, and the changelog. They are in $docs.

# shellcheck disable=SC2154 # $work, $version and $root are build's
docs=$work/docs
# shellcheck disable=SC2034 # used by packages.sh
maintainer=${MAINTAINER:-funnelrelay maintainers <maintainers@funnelrelay.invalid>}

documents() {
	local program=$work/documents
	mkdir -p "$docs/completions" "$docs/man"
	go build -trimpath -buildvcs=false -tags docs -ldflags "-X main.version=$version" -o "$program" ./cmd/funnelrelay
	"$program" man "$docs/man"
	"$program" completion bash >"$docs/completions/funnelrelay.bash"
	"$program" completion fish >"$docs/completions/funnelrelay.fish"
	"$program" completion zsh >"$docs/completions/_funnelrelay"
	"$program" completion powershell >"$docs/completions/funnelrelay.ps1"
	"$program" service unit >"$docs/funnelrelay.service"
	spool_format=$("$program" version --json | sed -n 's/.*"spool_format": *\([0-9][0-9]*\).*/\1/p')
	[ -n "$spool_format" ] || { echo 'build: version --json says no spool_format' >&2 && return 1; }
	packaging/third-party >"$docs/THIRD-PARTY"
	copyright >"$docs/copyright"
	debian_changelog >"$docs/changelog"
}

copyright() {
	cat <<-END
		Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
		Upstream-Name: funnelrelay
		Comment: The licences of the software of others that the program holds are
		 in THIRD-PARTY.gz beside this file.

		Files: *
		Copyright: 2026 the funnelrelay authors
		License: Apache-2.0
		 Licensed under the Apache License, Version 2.0. On Debian its text is in
		 /usr/share/common-licenses/Apache-2.0, elsewhere in LICENSE beside this file.
	END
}

# debian_changelog is the newest entry of CHANGELOG.md as Debian writes it: no
# date is known here but that of this source.
debian_changelog() {
	awk -v version="$version" '
		/^## / { entries++; if (entries == 1) printf "funnelrelay (%s) stable; urgency=medium\n\n", version }
		entries == 1 && /^- / { printf "  * %s\n", substr($0, 3) }
		entries == 1 && /^  / { printf "    %s\n", substr($0, 3) }' packaging/CHANGELOG.md
	printf '\n -- %s  %s\n' "$maintainer" "$(date -u -d "@$SOURCE_DATE_EPOCH" -R)"
}
