#!/bin/sh
# Sends one event to the relay, until it is taken:
#
#	send.sh ACTION FILE KEY
#
# FILE holds the event as JSON, KEY names it for good (an order's number). An
# action with other than letters, digits, - and _ is given percent-encoded, as in
# My%20Action. The exit code is 0 when it is on the relay's disk, 1 when no answer
# came: run it again later with the same key, 2 when the event itself was refused,
# 3 when the address or the credentials are wrong.
set -u
url=${FUNNELRELAY_URL:-http://127.0.0.1:8787}
tries=${FUNNELRELAY_TRIES:-5}
wait=${FUNNELRELAY_WAIT:-1}
action=$1 file=$2 key=$3
answer=$(mktemp) || exit 1
trap 'rm -f "$answer"' EXIT

while :; do
	status=$(curl -sS --max-time 40 -o "$answer" -w '%{http_code}' "$url/api/v1/webhook/$action" \
		-H 'Content-Type: application/json' \
		-H "X-PROJECT-ID: ${FUNNELRELAY_PROJECT_ID:-}" \
		-H "X-API-KEY: ${FUNNELRELAY_API_KEY:-}" \
		-H "Idempotency-Key: $key" \
		--data-binary "@$file") || status=0
	case $status in
	200 | 202) cat "$answer"; exit 0 ;;
	400 | 413 | 415 | 422) cat "$answer" >&2; exit 2 ;;
	401 | 403 | 404 | 405 | 421) cat "$answer" >&2; exit 3 ;;
	esac
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || break
	sleep "$wait" # no answer, or a relay that is busy: the same again, with the same key
	wait=$(awk "BEGIN { print $wait * 2 }")
done
echo "no answer, or none that counts (status $status)" >&2
exit 1
