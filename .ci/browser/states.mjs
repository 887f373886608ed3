// Each page in each state that a shop can be in.
import { Reader, must } from './reader.mjs'
import { Site, sale, until } from './site.mjs'

const pages = [['overview', '/'], ['events', '/events'], ['dead', '/dead'], ['sources', '/sources'], ['days', '/days'], ['health', '/health']]

/** What is held as dead: the currency is missing, and a person has to put it in. */
export const broken = n => {
  const event = sale(n)
  delete event.purchase_data[0].__currency__
  return event
}

const till = rows => 'Receipt;Date;Customer;Article;Name;Total\n' + rows.map(r => r.join(';')).join('\n') + '\n'
const today = () => new Intl.DateTimeFormat('de-DE', { timeZone: 'Europe/Berlin', day: '2-digit', month: '2-digit', year: 'numeric' }).format(new Date())

const alarmed = site => until('an alarm', async () => (await site.status()).alarms?.length > 0)

/** states make what they are called. */
const states = {
  async fresh() {},

  async online(site) {
    await site.sales(1, 25)
    await site.post('Newsletter', { email: 'reader@example.com', campaign: 'spring' })
    await site.file('monday.csv', till([[1, `${today()} 09:12`, 'ann@example.com', 'A1', 'Tea', '4,50'], [2, `${today()} 09:30`, 'bob@example.com', 'A2', 'Coffee', '12,00']]))
    await site.settled({ pending: 0, sent: 28 })
  },

  async offline(site) {
    await site.sales(1, 12)
    await site.settled({ sent: 12 })
    await site.fault({ down: true })
    await site.sales(13, 43)
    await until('offline', async () => (await site.status()).projects[0].upstream.state === 'offline')
  },

  async dead(site) {
    await site.sales(1, 8)
    for (let n = 100; n < 103; n++) await site.post('__commerce_action__', broken(n))
    await site.settled({ sent: 8, dead: 3 })
    await site.fault({ status: 422, body: '{"error":"the order is closed"}', times: 1 })
    await site.post('__commerce_action__', sale(103))
    await site.settled({ dead: 4 })
    await alarmed(site)
  },

  async paused(site) {
    await site.sales(1, 5)
    await site.settled({ sent: 5 })
    await site.fault({ status: 401 })
    await site.sales(6, 14)
    await until('paused', async () => (await site.status()).projects[0].upstream.state === 'paused')
    await alarmed(site)
  },

  async alarm(site) {
    await site.sales(1, 4)
    await site.file('rejects.csv', till([['x', 'never', '', 'A1', 'Tea', 'much'], [7, `${today()} 10:00`, 'cid@example.com', 'A1', 'Tea', '4,50']]))
    await site.file('broken.csv', '\u0000\u0001 no table \u0000')
    await site.settled({ sent: 5 })
    await site.post('__commerce_action__', broken(200))
    await alarmed(site)
  },
}

/** The color of the light in each state. */
const colors = { fresh: /^ok$/, online: /^ok$/, offline: /^warn$/, dead: /^(warn|bad)$/, paused: /^(warn|bad)$/, alarm: /^(warn|bad)$/ }

/** overview says of the first page what a shopkeeper must see at once. */
async function overview(r, state) {
  const light = r.at('[data-test=light]')
  const color = await light.getAttribute('data-color')
  must(`${state}: overview`, colors[state].test(color), `a light that is ${colors[state]}, and it is ${color}`)
  const sentence = (await r.at('[data-test=sentence]').innerText()).trim()
  must(`${state}: overview`, sentence.length > 10 && sentence.endsWith('.'), `a plain sentence, and it is: ${sentence}`)
  console.log(`   ${state}: ${sentence}`)
  if (state === 'offline') must('offline: overview', /31/.test(sentence), `the number of sales that wait in: ${sentence}`)
  if (['dead', 'alarm', 'paused'].includes(state)) must(`${state}: overview`, await r.at('[data-test=alarm]').count() > 0, 'an alarm with what to do')
}

async function each(browser, work, state, language) {
  const site = new Site(language ? `${state}-${language}` : state, work)
  await site.open()
  try {
    await walk(browser, site, state, language)
  } catch (error) {
    await Reader.failed(site)
    throw error
  }
  await site.close()
}

/** walk looks at one page after the other. */
async function walk(browser, site, state, language) {
  await states[state](site)
  const name = language ? `${state}-${language}` : state
  const r = await Reader.open(browser, site, name, language ? { locale: language } : {})
  await r.enter()
  for (const [page, path] of pages) {
    await r.go(path)
    if (language) must(`${name} ${page}`, (await r.at('html').getAttribute('lang')) === language.slice(0, 2), `the language ${language}`)
    if (page === 'overview') await overview(r, state)
    await r.look(`${name}-${page}`)
  }
  if (state !== 'fresh') {
    await r.go(state === 'dead' ? '/dead' : '/events')
    await r.at('main a.main-link').first().click()
    await r.page.waitForURL(/\/events\/\w+$/)
    await r.look(`${name}-event`)
  }
  if (state === 'dead') {
    await r.at('[data-test=actions] a[href$="/edit"]').click()
    await r.page.waitForURL(/\/edit$/)
    await r.look(`${name}-edit`)
  }
  if (state === 'online') {
    await r.go('/health')
    await r.at('form[action="/health/doctor"] button').click()
    await r.at('[data-test=checks]').waitFor({ timeout: 40_000 })
    await r.look(`${name}-doctor`)
    await r.allowing([/404/], () => r.go('/events/0000000000000fff'))
    await r.look(`${name}-unknown`)
  }
  await r.close()
}

export const tests = [
  ...Object.keys(states).map(state => [`state ${state}`, (browser, work) => each(browser, work, state)]),
  ['in German', (browser, work) => each(browser, work, 'dead', 'de-DE')],
]
