"""Sends one event to the relay, until it is taken:

    python3 send.py ACTION FILE KEY

FILE holds the event as JSON, KEY names it for good (an order's number). The
exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
again later with the same key, 2 when the event itself was refused, 3 when the
address or the credentials are wrong. Python 3.6 or later, nothing else.
"""
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ.get("FUNNELRELAY_URL", "http://127.0.0.1:8787")
PROJECT_ID = os.environ.get("FUNNELRELAY_PROJECT_ID", "")
API_KEY = os.environ.get("FUNNELRELAY_API_KEY", "")
TRIES = int(os.environ.get("FUNNELRELAY_TRIES", "5"))
WAIT = float(os.environ.get("FUNNELRELAY_WAIT", "1"))


def post(action, body, key):
    """Sends once and returns the status and the answer; 0 when there is none."""
    request = urllib.request.Request(
        URL + "/api/v1/webhook/" + urllib.parse.quote(action, safe=""),
        data=body,
        headers={
            "Content-Type": "application/json",
            "X-PROJECT-ID": PROJECT_ID,
            "X-API-KEY": API_KEY,
            "Idempotency-Key": key,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=40) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        try:
            return error.code, json.load(error)
        except ValueError:
            return error.code, {"detail": str(error)}
    except (OSError, ValueError, http.client.HTTPException) as error:
        return 0, {"detail": str(error)}


def send(action, body, key):
    """Sends until there is an answer that counts; always the same bytes and key."""
    wait = WAIT
    for left in range(TRIES, 0, -1):
        status, answer = post(action, body, key)
        if 400 <= status < 500 and status not in (408, 429) or status in (200, 202):
            break
        if left > 1:
            time.sleep(wait)
            wait *= 2
    return status, answer


def main():
    action, path, key = sys.argv[1:]
    with open(path, "rb") as file:
        body = file.read()
    status, answer = send(action, body, key)
    if status in (200, 202):
        print(json.dumps(answer))
        return 0
    print(status, answer.get("detail"), file=sys.stderr)
    for fault in answer.get("errors", []):  # what to correct, and where
        print(" ", fault["pointer"], fault["detail"], file=sys.stderr)
    if status in (400, 413, 415, 422):
        return 2
    return 3 if 400 <= status < 500 and status not in (408, 429) else 1


if __name__ == "__main__":
    sys.exit(main())
