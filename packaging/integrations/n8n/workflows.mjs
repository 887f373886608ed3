// Makes workflows for the test out of the one that is given to people, as a list
// that n8n imports at once:
//
//	node workflows.mjs KIND=RELAY... >workflows.json
//
// The id of each is funnelrelay- and its kind.
// as-is has only the settings filled in; many sends 30 events at once, slow the
// same one after the other; the others send one lead with another kind of body.
import { readFileSync } from 'node:fs'

let kind, workflow, send, events
const node = name => workflow.nodes.find(n => n.name === name)

function many() {
	const all = Array.from({ length: 30 }, (_, i) => ({
		action: 'Signup', key: `${kind}-${i}`, event: { email: `${kind}${i}@example.com`, number: i },
	}))
	events.jsonOutput = JSON.stringify({ events: all })
}

// body sends one lead, in the way that the options of the node say.
function body(options) {
	events.jsonOutput = JSON.stringify({ events: [{ action: 'Lead', key: kind, event: {} }] })
	delete send.jsonBody
	delete send.specifyBody
	Object.assign(send, options)
}
const fields = {
	parameters: [
		{ name: 'email', value: 'Jane@shop.example ' },
		{ name: 'session', value: '' },
		{ name: 'productionYear', value: '={{ 2021 }}' },
		{ name: 'price', value: '1,234.50' },
	],
}

const kinds = {
	'as-is': () => {},
	many,
	slow: () => {
		many()
		send.options.batching = { batch: { batchSize: 1, batchInterval: 100 } }
	},
	fields: () => body({ contentType: 'json', specifyBody: 'keypair', bodyParameters: fields }),
	form: () => body({ contentType: 'form-urlencoded', specifyBody: 'keypair', bodyParameters: fields }),
	multipart: () => (node('Send to the relay').retryOnFail = false, body({ contentType: 'multipart-form-data', bodyParameters: { parameters: fields.parameters.map(f => ({ parameterType: 'formData', ...f })) } })),
	raw: () => body({ contentType: 'raw', rawContentType: 'application/json', body: '{"email":"jane@shop.example"}' }),
}

function made(argument) {
	let relay
	;[kind, relay] = argument.split('=')
	workflow = JSON.parse(readFileSync(new URL('workflow.json', import.meta.url)))
	workflow.id = `funnelrelay-${kind}`
	workflow.name = kind
	for (const setting of node('Settings').parameters.assignments.assignments) {
		setting.value = { relay, project_id: 'Webhook Account ID', api_key: 'Webhook Secret Key' }[setting.name]
	}
	send = node('Send to the relay').parameters
	events = node('Events').parameters
	kinds[kind]()
	return workflow
}
console.log(JSON.stringify(process.argv.slice(2).map(made)))
