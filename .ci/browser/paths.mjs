// What a person does: getting in, mending a dead event, and what may come between.
import { Reader, fault, must } from './reader.mjs'
import { Site, sale, until } from './site.mjs'
import { broken } from './states.mjs'

/** withSite runs a test in a shop of its own. */
const withSite = (name, test) => async (browser, work) => {
  const site = new Site(name.replace(/\W+/g, '-'), work)
  await site.open()
  try {
    await test(browser, site)
  } catch (error) {
    await Reader.failed(site)
    throw error
  }
  await site.close()
}

const mended = n => JSON.stringify(sale(n), null, 2)

/** mend goes the whole way by clicks: from the first page to the event that was sent. */
async function mend(r, site, name) {
  await site.post('__commerce_action__', broken(1))
  await site.settled({ dead: 1 })
  await r.enter()
  await r.at('nav a[href="/dead"]').first().click()
  await r.page.waitForURL('**/dead')
  await r.at('main a.main-link').first().click()
  await r.page.waitForURL(/\/events\/\w+$/)
  const old = r.page.url()
  must(name, /currency/i.test(await r.at('[data-test=cause]').innerText()), 'the reason, which names the currency')
  await r.at('[data-test=actions] a[href$="/edit"]').click()
  await r.page.waitForURL(/\/edit$/)

  const text = r.at('textarea[name=body]')
  must(name, (await text.inputValue()).includes('customer1@example.com'), 'the body in the field')
  const said = r.at('[data-test=checked]')
  const check = async body => {
    await text.fill(body)
    if (!r.scripted) await r.at('button[formaction$="/check"]').click()
  }
  await check('{"purchase_data": [')
  await said.locator('.note.bad').waitFor()
  await check(mended(1).replace('"EUR"', '"EURO"'))
  await said.locator('.faults').waitFor()
  must(name, /currency/i.test(await said.innerText()), 'a fault that names the currency')
  await r.shot(`${name}-fault`)
  await check(mended(1))
  await said.locator('.note.ok').waitFor()
  await r.shot(`${name}-fine`)
  await r.at('#edit button.primary').click()
  await r.page.waitForURL(url => /\/events\/\w+$/.test(url.pathname) && url.href !== old)

  // With script the page changes by itself, without a person loads it again.
  if (r.scripted) await r.at('.badge.sent').first().waitFor({ timeout: 15_000 })
  else await until('sent', async () => { await r.page.reload(); return await r.at('.badge.sent').count() > 0 })
  await r.shot(`${name}-sent`)
  must(name, await r.at('[data-test=timeline] li.good').count() > 0, 'the attempt in the timeline')
  must(name, await r.at(`a[href="${new URL(old).pathname}"]`).count() > 0, 'a link to the event that it replaces')
  await r.go(old)
  must(name, await r.at('[data-test=gone]').count() === 1, 'the old one to say that it was replaced')
  await site.settled({ sent: 1, dead: 0, pending: 0, discarded: 1, accepted: 2 })
  const { totals } = await (await fetch(`${site.upstream}/deliveries?limit=1`)).json()
  must(name, totals.taken === 1, `one event at the upstream, and there are ${totals.taken}`)
}

const mending = withSite('mend', async (browser, site) => {
  const r = await Reader.open(browser, site, 'mend')
  await r.allowing([/422/, /400/, /410/], () => mend(r, site, 'mend'))
  await r.close()
})

const mendingWithoutScript = withSite('mend no script', async (browser, site) => {
  const r = await Reader.open(browser, site, 'mend-noscript', { javaScriptEnabled: false })
  await r.allowing([/422/, /400/, /410/], () => mend(r, site, 'mend-noscript'))
  for (const path of ['/', '/events', '/sources', '/days', '/health']) {
    await r.go(path)
    must(`no script ${path}`, await r.at('main').innerText() !== '', 'something to read')
  }
  await r.go('/')
  await r.shot('mend-noscript-overview')
  await r.close()
})

const gettingIn = withSite('getting in', async (browser, site) => {
  await site.sales(1, 2)
  const r = await Reader.open(browser, site, 'login')
  await r.allowing([/401/], () => r.go('/events?state=sent'))
  await r.look('login-ask')
  await r.allowing([/401/, /403/], async () => {
    await r.at('input[name=token]').fill('not-the-token')
    await r.at('form[action="/login"] button').click()
    await r.at('[role=alert]').waitFor()
  })
  await r.look('login-wrong')
  await r.allowing([/403/], () => r.go('/login?code=this-is-no-code'))
  await r.look('login-code')

  const link = await site.link()
  await r.go(link)
  must('login', new URL(r.page.url()).pathname === '/' && !r.page.url().includes('code='), 'to be in, with no code in the address')
  const [cookie, ...more] = await r.context.cookies()
  must('login', cookie?.httpOnly && cookie.sameSite === 'Strict' && more.length === 0, `one cookie, HttpOnly and SameSite=Strict: ${JSON.stringify([cookie, ...more])}`)

  const other = await Reader.open(browser, site, 'a link used twice')
  await other.allowing([/403/], () => other.go(link))
  must('login', await other.at('form[action="/login"]').count() === 1, 'a link that was used to let nobody in')
  await other.allowing([/./], () => other.go('/?token=abcdefghijklmnop'))
  must('login', await other.at('nav a[href="/dead"]').count() === 0, 'a token in the address to let nobody in')
  await other.close()

  await r.go('/health')
  await r.at('form[action="/logout"] button').click()
  await r.at('h1').waitFor()
  await r.look('login-out')
  await r.allowing([/401/], () => r.go('/'))
  must('login', await r.at('form[action="/login"]').count() === 1, 'to be out after the logout')

  const { readFile } = await import('node:fs/promises')
  await r.at('input[name=token]').fill((await readFile(`${site.dir}/data/admin.token`, 'utf8')).trim())
  // The wrong tries before are remembered for a moment.
  await r.allowing([/429/, /401/], () => until('to be let in by the token', async () => {
    await r.at('form[action="/login"] button').click()
    await r.page.waitForLoadState()
    if (await r.at('nav a[href="/dead"]').count() > 0) return true
    await r.go('/')
    await r.at('input[name=token]').fill((await readFile(`${site.dir}/data/admin.token`, 'utf8')).trim())
  }))
  await r.close()
})

const twoBrowsers = withSite('two browsers', async (browser, site) => {
  const id = await site.post('__commerce_action__', broken(1))
  await site.post('__commerce_action__', broken(2))
  await site.settled({ dead: 2 })
  const a = await Reader.open(browser, site, 'first browser'), b = await Reader.open(browser, site, 'second browser')
  for (const r of [a, b]) {
    await r.enter()
    await r.go(`/events/${id}/edit`)
  }
  await a.at('textarea[name=body]').fill(mended(1))
  await a.at('[data-test=checked] .note.ok').waitFor()
  await a.at('#edit button.primary').click()
  await a.page.waitForURL(/\/events\/\w+$/)
  await site.settled({ sent: 1 })
  await b.allowing([/409/, /410/, /404/, /422/], async () => {
    await b.at('textarea[name=body]').fill(mended(1).replace('1991', '2500'))
    await b.at('#edit button.primary').click()
    await b.page.waitForLoadState()
    await b.at('main .note.bad, [data-test=gone]').first().waitFor()
  })
  await b.shot('two-browsers-second')
  await site.settled({ accepted: 3, sent: 1, dead: 1, discarded: 1 })
  must('two browsers', (await (await fetch(`${site.upstream}/deliveries?limit=1`)).json()).totals.taken === 1, 'one sale at the upstream')

  // One discards what the other has in front of it.
  for (const r of [a, b]) {
    await r.go('/dead')
    await r.at('main a.main-link').first().click()
    await r.page.waitForURL(/\/events\/\w+$/)
  }
  await a.at('[data-test=actions] details summary').click()
  await a.at('form[action$="/discard"] input[name=reason]').fill('a test of the till')
  await a.allowing([/410/], async () => {
    await a.at('form[action$="/discard"] button').click()
    await a.at('[data-test=gone]').waitFor()
  })
  await b.allowing([/./], async () => {
    const retry = b.at('form[action$="/retry"] button')
    if (await retry.count() > 0) await retry.click({ timeout: 3000 }).catch(() => {}) // the page may have changed by itself
    await b.page.waitForLoadState()
  })
  await b.settle()
  must('two browsers', !/panic|goroutine|Internal Server/.test(await b.at('body').innerText()), 'a page that a person can read')
  await b.shot('two-browsers-discarded')
  await site.settled({ dead: 0, discarded: 2, sent: 1 })
  await a.close()
  await b.close()
})

const stopped = withSite('stopped', async (browser, site) => {
  await site.sales(1, 3)
  await site.settled({ sent: 3 })
  const r = await Reader.open(browser, site, 'daemon stopped')
  await r.enter()
  const sales = () => r.at('.figures dd').first().innerText()
  await until('three sales on the page', async () => (await sales()) === '3')
  await site.sales(4, 4)
  await until('the page to change by itself', async () => (await sales()) === '4')

  await r.allowing([/ERR_/, /EventSource/, /Failed to (load|fetch)/], async () => {
    await site.stop()
    await r.at('[data-lost]').waitFor({ state: 'visible', timeout: 15_000 })
    await r.settle()
    await r.accessible('daemon stopped')
    await r.shot('stopped-banner')
    await site.start()
    await r.at('[data-lost]').waitFor({ state: 'hidden', timeout: 30_000 })
  })
  await site.sales(5, 5)
  await until('the page to go on by itself', async () => (await sales()) === '5', 20)
  await r.shot('stopped-again')
  await r.close()
})

const strange = withSite('strange bodies', async (browser, site) => {
  const script = '<script>alert(1)</script><img src=x onerror=alert(2)>', rtl = '\u202Egnp.exe\u202C שלום', four = '𝕆𝕣𝕕𝕖𝕣 🧾👩‍🍳'
  const one = sale(1, { note: script, [script]: 'a name', other: rtl, emoji: four, large: 'x'.repeat(900_000) })
  one.email = '"><script>alert(3)</script>@example.com'
  one.purchase_data[0].__order__ = `R-${script}${rtl}`
  one.purchase_data[0].__label__ = four
  const id = await site.post('__commerce_action__', one)
  const ugly = await site.post(encodeURIComponent(`<b>${four}</b>`), { email: 'x@example.com', text: "';--", nul: 'a\u0000b', line: 'a\r\nb\u2028c' })
  const dead = await site.post('__commerce_action__', { ...broken(2), note: script })
  await site.settled({ pending: 0 })
  const r = await Reader.open(browser, site, 'strange bodies')
  await r.enter()
  for (const [name, path] of [['events', '/events'], ['large', `/events/${id}`], ['ugly', `/events/${ugly}`], ['dead', '/dead'], ['edit', `/events/${dead}/edit`], ['found', `/events?q=${encodeURIComponent(one.email)}`]]) {
    const began = Date.now()
    await r.go(path)
    must(`strange ${name}`, Date.now() - began < 3000, `to be there within 3 s, and it took ${Date.now() - began} ms`)
    must(`strange ${name}`, await r.page.evaluate(() => !document.querySelector('script:not([src]), main img, main b')), 'nothing of the body to be taken for HTML')
    await r.look(`strange-${name}`)
  }
  must('strange found', await r.at('main a.main-link').count() === 1, 'the strange address to be found')
  const exact = await r.page.evaluate(async path => (await (await fetch(path)).text()).length, `/api/v1/events/${id}/body`)
  must('strange large', exact > 900_000, `the exact body to be had, and it has ${exact} letters`)
  await r.close()
})

const byKeyboard = withSite('by keyboard', async (browser, site) => {
  await site.sales(1, 3)
  const r = await Reader.open(browser, site, 'by keyboard')
  await r.enter()
  await r.page.keyboard.press('Tab')
  must('by keyboard', await r.page.evaluate(() => document.activeElement.classList.contains('skip')), 'the first Tab to reach the link past the navigation')
  await r.shot('keyboard-skip')
  await r.page.keyboard.press('Enter')
  await r.page.keyboard.press('Tab')
  must('by keyboard', await r.page.evaluate(() => !!document.activeElement.closest('main')), 'to go on inside of the page')
  await r.go('/events')
  for (let n = 0; n < 60; n++) {
    await r.page.keyboard.press('Tab')
    const seen = await r.page.evaluate(() => {
      const e = document.activeElement
      if (e === document.body) return 'end'
      const s = getComputedStyle(e), box = e.getBoundingClientRect()
      const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'
      return ring && box.width > 0 ? '' : `${e.tagName}.${e.className}`
    })
    if (seen === 'end') break
    if (seen) fault('by keyboard', `it does not show that ${seen} has the focus`)
  }
  await r.close()
})

const filesAndDays = withSite('files and days', async (browser, site) => {
  await site.sales(1, 3)
  await site.settled({ sent: 3 })
  const r = await Reader.open(browser, site, 'files and days')
  await r.enter()
  await r.go('/sources')
  await r.at('#drop select[name=source]').selectOption('till')
  await r.at('#drop input[type=file]').setInputFiles({ name: 'try.csv', mimeType: 'text/csv', buffer: Buffer.from('Receipt;Date;Customer;Article;Name;Total\n9;30.11.2026 10:00;zoe@example.com;A1;Tea;4,50\nx;never;;A1;Tea;much\n') })
  await r.at('#drop button').click()
  await r.at('[data-test=preview] pre').waitFor()
  must('preview', /zoe@example\.com/.test(await r.at('[data-test=preview]').innerText()), 'the event that would come of it')
  await r.look('files-preview')
  must('preview', (await site.status()).total.accepted === 3, 'nothing to be taken by a preview')

  await r.go('/days')
  const cell = r.at('input[name^="till/"]').first()
  await cell.fill('59.00')
  await r.at('#totals button.primary').click()
  await r.page.waitForLoadState()
  await r.at('[data-test=difference] .diff').first().waitFor()
  await r.look('days-difference')
  must('days', await r.at('[data-test=balance].good').count() === 1, 'the balance to add up')
  await r.close()
})

export const tests = [
  ['mend a dead event', mending], ['the same without script', mendingWithoutScript], ['getting in and out', gettingIn],
  ['two browsers at one event', twoBrowsers], ['the daemon stops under a page', stopped], ['strange bodies', strange],
  ['by keyboard', byKeyboard], ['files and days', filesAndDays],
]
