// A shop of its own for each test: the real relay before the real sandbox, with
// ports, a data folder and a config of their own. What is in it came in by the
// ways that a shop has: posts, and files in its folders.
import { spawn, execFile } from 'node:child_process'
import { mkdir, writeFile, rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const program = process.env.FUNNELRELAY
const run = promisify(execFile)
const running = new Set()

/** endAll kills what still runs, whatever became of the tests. */
export function endAll() {
  for (const child of running) child.kill('SIGKILL')
}

/** until waits for something to be so, and says what was waited for. */
export async function until(what, is, seconds = 30) {
  const end = Date.now() + seconds * 1000
  for (let last; ;) {
    try {
      last = await is()
      if (last) return last
    } catch (error) { last = error.message }
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}; last: ${last}`)
    await new Promise(done => setTimeout(done, 50))
  }
}

const freePort = () => new Promise((done, fail) => {
  const server = createServer().on('error', fail)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => done(port))
  })
})

function start(...args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TZ: 'Europe/Berlin' } })
  child.said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => { child.said = (child.said + text).slice(-20000) })
  running.add(child)
  child.ended = new Promise(done => child.on('exit', () => { running.delete(child); done() }))
  return child
}

/** sale is a purchase as a till posts it. */
export const sale = (n, more = {}) => ({
  email: `customer${n}@example.com`,
  purchase_data: [{ __sku__: `SKU-${n % 7}`, __label__: 'Espresso beans', __total_in_cents__: 1990 + n, __order__: `R-${1000 + n}`, __currency__: 'EUR' }],
  ...more,
})

export class Site {
  constructor(name, work) {
    this.name = name
    this.dir = join(work, name)
  }

  /** open starts both, and returns when the relay takes events. */
  async open() {
    await mkdir(join(this.dir, 'till'), { recursive: true })
    this.port = await freePort()
    this.base = `http://127.0.0.1:${this.port}`
    const upstream = await freePort()
    this.upstream = `http://127.0.0.1:${upstream}`
    this.config = join(this.dir, 'config.yaml')
    await writeFile(this.config, `listen: 127.0.0.1:${this.port}
data: ${JSON.stringify(join(this.dir, 'data'))}
timezone: Europe/Berlin
projects:
  shop:
    project_id: account-1
    api_key: a-key-of-the-tests
    url: ${this.upstream}
    invalid: hold
sources:
  till:
    watch: [${JSON.stringify(join(this.dir, 'till', '*.csv'))}]
    values: {date: 'dd.MM.yyyy HH:mm', money: '1.234,56'}
    const: {currency: EUR}
    order: {id: Receipt, at: Date, email: Customer}
    items: {sku: Article, label: Name, total: Total}
`, { mode: 0o600 })
    this.sandbox = start('sandbox', '--listen', `127.0.0.1:${upstream}`)
    await until('the sandbox', async () => (await fetch(`${this.upstream}/deliveries`)).ok)
    await this.start()
  }

  async start() {
    this.relay = start('run', '--config', this.config)
    await until('the relay', async () => {
      if (this.relay.exitCode !== null) throw new Error(this.relay.said)
      return (await fetch(`${this.base}/readyz`)).ok
    })
  }

  async stop() {
    this.relay.kill('SIGTERM')
    await this.relay.ended
  }

  async close() {
    await this.stop()
    this.sandbox.kill('SIGKILL')
    await this.sandbox.ended
  }

  /** post gives the relay an event, and returns its id. */
  async post(action, event, headers = {}) {
    const answer = await fetch(`${this.base}/api/v1/webhook/${action}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof event === 'string' ? event : JSON.stringify(event),
    })
    const said = await answer.json()
    if (answer.status !== 202) throw new Error(`post ${action}: ${answer.status} ${JSON.stringify(said)}`)
    return said.id
  }

  /** sales posts so many purchases, one after the other. */
  async sales(from, to) {
    for (let n = from; n <= to; n++) await this.post('__commerce_action__', sale(n))
  }

  /** file drops a file as a till does: under another name first. */
  async file(name, text) {
    const path = join(this.dir, 'till', name)
    await writeFile(path + '.part', text)
    await rename(path + '.part', path)
  }

  /** fault makes the upstream fail; {} ends it. */
  async fault(faults) {
    const answer = await fetch(`${this.upstream}/faults`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(faults) })
    if (!answer.ok) throw new Error(`faults: ${await answer.text()}`)
  }

  async command(...args) {
    const { stdout } = await run(program, [...args, '--config', this.config])
    return stdout
  }

  async status() {
    const { stdout } = await run(program, ['status', '--json', '--config', this.config]).catch(e => e) // it ends with 1 where an alarm is open
    return JSON.parse(stdout)
  }

  /** settled waits until the counts are so. */
  settled(counts) {
    return until(`${this.name}: ${JSON.stringify(counts)}`, async () => {
      const { total } = await this.status()
      return Object.entries(counts).every(([name, n]) => total[name] === n) || Promise.reject(new Error(JSON.stringify(total)))
    })
  }

  /** link is a one-time link, as a person gets it. */
  async link() { return JSON.parse(await this.command('dashboard', '--json', '--print')).url }
}
