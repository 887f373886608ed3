// A reader is one browser that looks at a site, and notes what no page of ours
// may do: say something in the console, fail in its script, break its own policy,
// ask another host, or answer with an error.
import { readFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const out = process.env.FUNNELRELAY_CI_OUTPUT
await mkdir(out, { recursive: true })

export const faults = []
export const tally = { pages: 0, shots: 0, axe: 0, slowest: 0, slow: '' }
const reported = new Set(), readers = new Set()

/** fault is something that must not be; the same is told once for each page. */
export function fault(where, text) {
  const line = `${where}: ${text}`
  if (reported.has(line)) return
  reported.add(line)
  faults.push(line)
  console.log(`   ✗ ${line}`)
}

/** must says that something is so, and goes on if it is not. */
export function must(where, is, text) {
  if (!is) fault(where, `expected ${text}`)
  return is
}

export class Reader {
  constructor(site, where) {
    Object.assign(this, { site, where, allowed: [] })
  }

  /** failed takes a picture of what the readers of a site had in front of them. */
  static async failed(site) {
    for (const r of readers) {
      if (r.site === site) await r.page.screenshot({ path: join(out, `failed-${r.where.replace(/\W+/g, '-')}.png`) }).catch(() => {})
    }
  }

  static async open(browser, site, where, options = {}) {
    const r = new Reader(site, where)
    r.context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/Berlin', colorScheme: 'light', ...options })
    r.scripted = options.javaScriptEnabled !== false
    await r.context.addInitScript(() => addEventListener('securitypolicyviolation', e =>
      console.error(`policy: ${e.effectiveDirective} blocks ${e.blockedURI} at ${e.sourceFile}:${e.lineNumber}`)))
    r.page = await r.context.newPage()
    r.watch(r.page)
    readers.add(r)
    return r
  }

  watch(page) {
    page.setDefaultTimeout(20_000)
    page.on('console', m => {
      if (['error', 'warning'].includes(m.type())) this.note(`console ${m.type()}: ${m.text()} (${m.location().url})`)
    })
    page.on('pageerror', e => this.note(`script failed: ${e.message}`))
    page.on('dialog', d => { this.note(`a dialog opened: ${d.message()}`); d.dismiss() })
    page.on('request', q => {
      const url = new URL(q.url())
      if (url.protocol !== 'data:' && url.protocol !== 'blob:' && url.origin !== this.site.base) this.note(`asks another host: ${q.url()}`)
    })
    page.on('response', s => {
      if (s.status() >= 400) this.note(`${s.status()} for ${s.request().method()} ${new URL(s.url()).pathname}`)
    })
  }

  /** note is a fault, unless it is one that the test brings about. */
  note(text) {
    if (!this.allowed.some(one => one.test(text))) fault(this.where, text)
  }

  /** allowing runs something that is to fail in a way that the browser tells of. */
  async allowing(patterns, what) {
    this.allowed.push(...patterns)
    try { return await what() } finally {
      await this.page.waitForTimeout(50) // what was said arrives behind what it is said of
      this.allowed.splice(this.allowed.length - patterns.length)
    }
  }

  at(part) { return this.page.locator(part) }

  /** go opens a page. Pages with live changes never become idle. */
  async go(path) {
    const began = Date.now()
    const answer = await this.page.goto(path.startsWith('http') ? path : this.site.base + path, { waitUntil: 'load' })
    const took = Date.now() - began
    if (took > tally.slowest) Object.assign(tally, { slowest: took, slow: `${this.where} ${path}` })
    tally.pages++
    await this.settle()
    return answer
  }

  /** settle lets the page draw what it has, and its colors come to rest. */
  async settle() {
    if (!this.scripted) return
    await this.page.evaluate(async () => {
      await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
      await Promise.allSettled(document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity).map(a => a.finished))
    })
  }

  async enter() { return this.go(await this.site.link()) }

  async shot(name) {
    tally.shots++
    await this.page.screenshot({ path: join(out, `${name}.png`), fullPage: true, animations: 'disabled' })
  }

  /** accessible runs axe over the page. It comes by the debugger's way, which the page's policy does not bar. */
  async accessible(name) {
    tally.axe++
    if (!await this.page.evaluate('!!window.axe')) await this.page.evaluate(axe)
    const found = await this.page.evaluate(async () => {
      const said = await window.axe.run(document, { preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })
      return said.violations.map(v => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map(n => `${n.target.join(' ')} ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ''}`).join('; ')}`)
    })
    for (const text of found) fault(name, `axe: ${text}`)
  }

  /** narrow says that nothing sticks out at the width of a phone. */
  async narrow(name) {
    const wide = await this.page.evaluate(() => {
      const width = document.documentElement.clientWidth
      if (document.documentElement.scrollWidth <= width) return ''
      const parts = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1)
      return `${document.documentElement.scrollWidth} px wide at ${width}: ${parts.slice(0, 3).map(e => e.tagName + '.' + e.className).join(', ')}`
    })
    if (wide) fault(name, `scrolls sideways: ${wide}`)
  }

  /** look shows one page in light, dark and on a phone, and holds it to all of it. */
  async look(name) {
    this.where = name
    const h1 = await this.at('h1').count()
    must(name, h1 === 1, `one h1, and there are ${h1}`)
    for (const scheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme: scheme })
      await this.settle()
      await this.accessible(`${name} ${scheme}`)
      await this.shot(`${name}-${scheme}`)
    }
    await this.page.setViewportSize({ width: 390, height: 844 })
    await this.page.emulateMedia({ colorScheme: 'light' })
    await this.settle()
    await this.narrow(name)
    await this.shot(`${name}-390`)
    await this.page.setViewportSize({ width: 1280, height: 900 })
  }

  close() {
    readers.delete(this)
    return this.context.close()
  }
}
