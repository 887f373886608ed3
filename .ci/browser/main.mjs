// Runs what is asked for, all of it by default: node main.mjs [PART OF A NAME]…
import { chromium } from 'playwright-core'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fault, faults, tally } from './reader.mjs'
import { endAll } from './site.mjs'
import { tests as paths } from './paths.mjs'
import { tests as states } from './states.mjs'

const began = Date.now()
const seconds = () => ((Date.now() - began) / 1000).toFixed(1)
const asked = process.argv.slice(2)
const tests = [...states, ...paths].filter(([name]) => asked.length === 0 || asked.some(part => name.includes(part)))
if (tests.length === 0) throw new Error(`nothing is called ${asked.join(' or ')}`)
process.on('exit', endAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

const work = await mkdtemp(join(process.env.TMPDIR ?? tmpdir(), 'sites-'))
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})

// Two at a time: each of them waits more than it computes.
const queue = [...tests]
async function worker() {
  for (let next; (next = queue.shift());) {
    const [name, test] = next, from = Date.now()
    try {
      await test(browser, work)
    } catch (error) {
      fault(name, `${error.message.split('\n').slice(0, 2).join(' ')} (${error.stack.match(/(?:states|paths|site|reader)\.mjs:\d+/g)?.join(', ')})`)
    }
    console.log(`   ${name}: ${((Date.now() - from) / 1000).toFixed(1)} s`)
  }
}
await Promise.all([worker(), worker()])
await browser.close()
console.log(`   ${tests.length} tests, ${tally.pages} pages, ${tally.shots} screenshots, ${tally.axe} looks of axe in ${seconds()} s; the slowest page took ${tally.slowest} ms (${tally.slow})`)
if (faults.length > 0) {
  console.log(`browser: ${faults.length} faults:\n${faults.map(f => `  ${f}`).join('\n')}`)
  process.exit(1)
}
process.exit(0)
