# shellcheck shell=bash
# The Windows installer. wixl builds it of funnelrelay.wxs; the rest is added to
# its tables: the service, the PATH, and the order of things.

# msi windows/amd64|windows/386
# shellcheck disable=SC2154 # $work, $docs, $out … are build's
msi() {
	local target=$1 arch=x64 platform=x64 files=$work/msi/${1#*/} file
	local system=System64Folder programs=ProgramFiles64Folder wide=yes
	if [ "$target" = windows/386 ]; then
		arch=x86 platform=Intel system=SystemFolder programs=ProgramFilesFolder wide=no
	fi
	file=$out/funnelrelay_${version}_$arch.msi
	mkdir -p "$files"
	cp "$(binary "$target")" README.md config.example.yaml packaging/windows/INSTALL.txt "$files"
	cp LICENSE "$files/LICENSE.txt"
	cp "$docs/THIRD-PARTY" "$files/THIRD-PARTY.txt"
	sed -i 's/$/\r/' "$files"/*.txt
	settle "$files"
	# The names of a product and of its parts follow from what they are: what
	# Windows takes for the same is the same, and a build can be repeated.
	(cd "$files" && faketime -f "$(date -u -d "@$SOURCE_DATE_EPOCH" +'%F %T')" wixl -a $arch -o "$file" \
		-D "VERSION=$version" -D "WIN64=$wide" -D "SYSTEM=$system" -D "PROGRAMFILES=$programs" \
		-D "PRODUCT=$(guid "product $arch $version")" -D UPGRADE=6E5C9D0B-4C1B-4B57-9E0E-5A3F0C2D7F41 \
		-D "PROGRAM=$(guid "program $arch")" -D "TEXTS=$(guid "texts $arch")" -D "SHORTCUTS=$(guid "shortcuts $arch")" \
		"$root/packaging/windows/funnelrelay.wxs")
	tables "$file"
	msibuild "$file" -s "funnelrelay $version" funnelrelay "$platform;1033" "{$(guid "package $arch $version $(cat "$files"/* packaging/windows/* | sha256sum)")}"
	sign "$file"
}

# guid TEXT: a name-based one (RFC 9562, of the shape of version 5).
guid() {
	local h
	h=$(printf 'funnelrelay %s' "$1" | sha1sum)
	h=${h^^}
	printf '%s-%s-5%s-8%s-%s\n' "${h:0:8}" "${h:8:4}" "${h:13:3}" "${h:17:3}" "${h:20:12}"
}

# tables adds what wixl has no element for.
#
# The service is made and removed by the program itself, as it is by hand: the
# account's rights, the restarts after errors and the event log do not fit into
# an installer's tables, and what is twice there would differ one day. Custom
# actions of type 18 run a file of this package; 1024 is deferred, 2048 as the
# system's account, 256 in a rollback, 64 goes on after an error.
tables() {
	local file=$1
	custom() { msibuild "$file" -q "INSERT INTO CustomAction (Action, Type, Source, Target) VALUES ('$1', $2, '$3', '$4')"; }
	order() { msibuild "$file" -q "INSERT INTO InstallExecuteSequence (Action, Condition, Sequence) VALUES ('$1', '$2', $3)"; }

	custom UndoService $((18 + 1024 + 2048 + 256 + 64)) funnelrelay.exe 'service uninstall'
	custom InstallService $((18 + 1024 + 2048)) funnelrelay.exe 'service install'
	custom StartService $((18 + 1024 + 2048 + 64)) funnelrelay.exe 'service start' # a port that is taken undoes no install
	custom RemoveService $((18 + 1024 + 2048 + 64)) funnelrelay.exe 'service uninstall'
	order RemoveService 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE' 2010
	order UndoService 'NOT Installed AND NOT WIX_UPGRADE_DETECTED' 5840
	order InstallService 'NOT REMOVE' 5850
	order StartService 'NOT REMOVE' 5851

	# What the list of programs shows of the folder, once that is chosen: the text
	# of a property is taken as it is. Type 51 sets one.
	custom SetReadme 51 ARPREADME '[INSTALLDIR]README.md'
	custom SetLocation 51 ARPINSTALLLOCATION '[INSTALLDIR]'
	order SetReadme '' 1010
	order SetLocation '' 1011

	printf 'Environment\tName\tValue\tComponent_\r\ns72\tl255\tL255\ts72\r\nEnvironment\tEnvironment\r\npath\t=-*PATH\t[~];[INSTALLDIR]\tprogram\r\n' >"$work/Environment.idt"
	msibuild "$file" -i "$work/Environment.idt"
	order RemoveEnvironmentStrings '' 3300
	order WriteEnvironmentStrings '' 5200

	# Within the transaction: if the new version cannot be installed, the old one
	# comes back. wixl puts it before.
	msibuild "$file" -q "UPDATE InstallExecuteSequence SET Sequence = 1501 WHERE Action = 'RemoveExistingProducts'"
}
