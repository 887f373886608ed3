# shellcheck shell=bash
# The .deb and the .rpm: one tree of files and one set of scripts for both.

# package OS/ARCH deb|rpm
# shellcheck disable=SC2154 # $work, $docs, $out … are build's
package() {
	local target=$1 kind=$2 arch=${1#*/}
	local folder=$work/packages/$arch
	[ "$arch" != arm ] || arch=arm7 # what nfpm calls armhf and armv7hl
	[ -d "$folder" ] || tree "$target" "$folder" "$arch"
	(cd "$folder" && "$tools/nfpm-v2.45.2" package -f nfpm.yaml -p "$kind" -t "$out") >/dev/null
}

tree() {
	local target=$1 folder=$2 arch=$3 page manual=''
	mkdir -p "$folder"/{scripts,root/usr/bin,root/usr/lib/systemd/system,root/usr/share/man/man1,root/doc}
	cp "$(binary "$target")" "$folder/root/usr/bin/funnelrelay"
	cp "$docs/funnelrelay.service" "$folder/root/usr/lib/systemd/system"
	for page in "$docs"/man/*.1; do
		gzip -n -9 <"$page" >"$folder/root/usr/share/man/man1/${page##*/}.gz"
	done
	cp -r "$docs/completions" "$folder/root"
	cp "$docs/copyright" README.md LICENSE config.example.yaml packaging/CHANGELOG.md "$folder/root/doc"
	gzip -n -9 <"$docs/changelog" >"$folder/root/doc/changelog.gz"
	gzip -n -9 <"$docs/THIRD-PARTY" >"$folder/root/doc/THIRD-PARTY.gz"
	if [ -e packaging/README.md ]; then
		cp packaging/README.md "$folder/root/doc/packaging.md"
		manual='  - { src: root/doc/packaging.md, dst: /usr/share/doc/funnelrelay/packaging/README.md }'
	fi
	for page in preinstall postinstall preremove postremove; do
		fill "packaging/linux/$page.sh" >"$folder/scripts/$page.sh"
	done
	fill packaging/linux/nfpm.yaml | sed "s|@ARCH@|$arch|; s|@MANUAL@|$manual|" >"$folder/nfpm.yaml"
	find "$folder/root" -type f -exec chmod 644 {} +
	chmod 755 "$folder/root/usr/bin/funnelrelay" "$folder"/scripts/*
	settle "$folder"
}

fill() { sed "s|@VERSION@|$version|g; s|@SPOOL_FORMAT@|$spool_format|g; s|@MAINTAINER@|$maintainer|g" "$1"; }
