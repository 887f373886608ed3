// Sends one event to the relay, until it is taken:
//
//	node send.mjs ACTION FILE KEY
//
// FILE holds the event as JSON, KEY names it for good (an order's number). The
// exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
// again later with the same key, 2 when the event itself was refused, 3 when the
// address or the credentials are wrong. Node 18 or later, nothing else.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const env = process.env
const url = env.FUNNELRELAY_URL ?? 'http://127.0.0.1:8787'
const tries = Number(env.FUNNELRELAY_TRIES ?? 5)
let wait = Number(env.FUNNELRELAY_WAIT ?? 1)

// post sends once, and gives the status and the answer; 0 when there is none.
async function post(action, body, key) {
	try {
		const response = await fetch(`${url}/api/v1/webhook/${encodeURIComponent(action)}`, {
			method: 'POST',
			headers: {
				'Content-Type': 'application/json',
				'X-PROJECT-ID': env.FUNNELRELAY_PROJECT_ID ?? '',
				'X-API-KEY': env.FUNNELRELAY_API_KEY ?? '',
				'Idempotency-Key': key,
			},
			body,
			signal: AbortSignal.timeout(40_000),
		})
		return [response.status, await response.json()]
	} catch (error) {
		return [0, { detail: error.cause?.message ?? error.message }]
	}
}

const final = status => status === 200 || status === 202 || (status >= 400 && status < 500 && status !== 408 && status !== 429)

// send tries until there is an answer that counts; always the same bytes and key.
export async function send(action, body, key) {
	for (let left = tries; ; left--) {
		const [status, answer] = await post(action, body, key)
		if (final(status) || left <= 1) return [status, answer]
		await sleep(wait * 1000)
		wait *= 2
	}
}

const [action, file, key] = process.argv.slice(2)
const [status, answer] = await send(action, readFileSync(file), key)
if (status === 200 || status === 202) {
	console.log(JSON.stringify(answer))
} else {
	console.error(status, answer.detail)
	for (const fault of answer.errors ?? []) console.error(' ', fault.pointer, fault.detail) // what to correct, and where
	process.exitCode = [400, 413, 415, 422].includes(status) ? 2 : final(status) ? 3 : 1
}
