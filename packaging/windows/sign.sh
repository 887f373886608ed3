# shellcheck shell=bash
# Signs programs and installers for Windows, when a certificate is given.

signing() { [ -n "${SIGN_PFX:-}" ] || [ -n "${SIGN_CERT:-}" ]; }

# sign FILE in its place, and verifies it; does nothing without a certificate.
# The chain must lead to a root of this machine, to $SIGN_CA, or be the
# certificate itself.
# shellcheck disable=SC2154 # $work is build's
sign() {
	signing || return 0
	local with=(-certs "${SIGN_CERT:-}" -key "${SIGN_KEY:-}") own=${SIGN_CERT:-}
	if [ -n "${SIGN_PFX:-}" ]; then
		with=(-pkcs12 "$SIGN_PFX")
		own=$work/signer.pem
		openssl pkcs12 -in "$SIGN_PFX" -nokeys -passin "pass:${SIGN_PASSWORD:-}" -out "$own"
	fi
	if [ -n "${SIGN_PASSWORD:-}" ]; then
		(umask 077 && printf %s "$SIGN_PASSWORD" >"$work/password")
		with+=(-readpass "$work/password")
	fi
	[ -z "${SIGN_TIMESTAMP:-}" ] || with+=(-ts "$SIGN_TIMESTAMP")
	osslsigncode sign "${with[@]}" -h sha256 -n funnelrelay -in "$1" -out "$1.signed" >/dev/null
	mv "$1.signed" "$1"
	cat "$own" ${SIGN_CA:+"$SIGN_CA"} /etc/ssl/certs/ca-certificates.crt >"$work/roots.pem"
	osslsigncode verify -CAfile "$work/roots.pem" -in "$1" >"$work/verify.log" 2>&1 || {
		cat "$work/verify.log" >&2
		echo "build: the signature of ${1##*/} does not verify" >&2
		return 1
	}
	echo "signed ${1##*/}"
}
