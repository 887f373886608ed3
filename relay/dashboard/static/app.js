// What the pages can do with script: they stay up to date, tell times as the
// reader's own system does, draw the chart, take a file that is dropped on them,
// and copy. Without it all of this is a plain link or form.
'use strict';
(() => {
  const doc = document, root = doc.documentElement;
  root.classList.add('scripted');
  const $ = (s, from = doc) => from.querySelector(s);
  const all = (s, from = doc) => [...from.querySelectorAll(s)];

  // The reader's own variant of the page's language: en-GB writes dates unlike en-US.
  const locale = (navigator.languages || [navigator.language]).find(l => l.split('-')[0] === root.lang.split('-')[0]) || root.lang;
  const zone = doc.body.dataset.zone;
  const formats = {};
  function format(name, options) {
    try {
      return formats[name] ||= new Intl.DateTimeFormat(locale, zone ? { ...options, timeZone: zone } : options);
    } catch {
      return null; // a zone that this browser does not know: the server's text stands
    }
  }
  const clock = () => format('clock', { timeStyle: 'short' });
  const full = () => format('full', { dateStyle: 'medium', timeStyle: 'short' });
  const exact = () => format('exact', { dateStyle: 'full', timeStyle: 'long' });
  const day = () => format('day', { year: 'numeric', month: '2-digit', day: '2-digit' });
  function times(from) {
    if (!zone) return; // the site's zone has no name: only the server knows its times
    for (const e of all('time[datetime]', from)) {
      const t = new Date(e.dateTime);
      if (isNaN(t) || !full()) continue;
      const text = day().format(t) === day().format(new Date()) ? clock().format(t) : full().format(t);
      if (e.textContent !== text) e.textContent = text;
      e.title = exact().format(t);
    }
  }

  // The chart says what the table below it says.
  let plot;
  function color(name) { return getComputedStyle(root).getPropertyValue('--' + name).trim(); }
  function chart(fresh) {
    const box = $('#chart'), data = $('#chart-data');
    if (!box || !data || !window.uPlot) return;
    let points;
    try { points = JSON.parse(data.dataset.points); } catch { return; }
    const columns = [0, 1, 2].map(i => points.map(p => p[i]));
    if (plot && !fresh && plot.root.isConnected) { plot.setData(columns); return; }
    plot?.destroy();
    const muted = color('muted'), line = color('line'), accent = color('accent'), ok = color('ok');
    const font = '12px system-ui, sans-serif';
    const step = points.length > 1 ? points[1][0] - points[0][0] : 3600;
    const stamp = step > 3600 ? format('axisday', { weekday: 'short', day: 'numeric' }) : clock();
    box.textContent = '';
    const height = 208;
    plot = new uPlot({
      width: Math.max(200, box.clientWidth), height, legend: { show: false }, padding: [10, 22, 0, 0],
      cursor: { y: false, points: { show: false } },
      tzDate: t => zone ? uPlot.tzDate(new Date(t * 1e3), zone) : new Date(t * 1e3),
      scales: { x: { range: (u, min, max) => [min - step / 2, max + step / 2] }, y: { range: (u, min, max) => [0, Math.max(4, max * 1.1)] } },
      axes: [
        { stroke: muted, font, grid: { show: false }, ticks: { show: false }, size: 28, values: (u, s) => s.map(t => stamp.format(new Date(t * 1e3))) },
        { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: 46, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6],
          values: (u, s) => s.map(n => n.toLocaleString(locale)) },
      ],
      series: [
        {},
        { label: box.dataset.accepted, fill: accent + '59', stroke: accent + '59', width: 0, paths: uPlot.paths.bars({ size: [0.7, 40], radius: 0.2 }), points: { show: false } },
        { label: box.dataset.sent, stroke: ok, width: 2, points: { show: true, size: 5, fill: ok, stroke: ok } },
      ],
    }, columns, box);
  }

  // A part is left alone while the reader is at work in it.
  function busy(part) {
    const at = doc.activeElement;
    if (at && part.contains(at) && at.matches('input, textarea, select')) return true;
    return all('input[type=checkbox]:checked', part).length > 0 || all('details.pop[open]', part).length > 0;
  }
  let missed = false; // a page that nobody looks at is not fetched again and again
  doc.addEventListener('visibilitychange', () => { if (!doc.hidden && missed) refresh(); });
  function refresh() {
    missed = doc.hidden;
    if (missed) return;
    for (const part of all('[data-live]')) if (!busy(part)) window.htmx?.trigger(part, 'relay:refresh');
  }
  let said = $('[data-key]')?.dataset.key;
  function after() {
    times(doc);
    chart(false);
    const sentence = $('[data-key]');
    if (sentence && sentence.dataset.key !== said) { // once for each turn of things, not for each sale
      said = sentence.dataset.key;
      $('[data-announce]').textContent = sentence.textContent;
    }
    picks();
  }
  doc.addEventListener('htmx:after:swap', after);
  doc.addEventListener('htmx:before:swap', e => {
    const ctx = e.detail?.ctx, status = ctx?.response?.status ?? 200;
    if (status >= 400 || ctx?.response?.raw?.redirected) {
      e.preventDefault(); // what is shown stays
      // Nobody is let in any more: the page that says so comes by loading anew, but
      // never under what a person is typing.
      if (e.target.matches?.('[data-live]') && (status === 401 || status === 403)) location.reload();
    }
  });

  // Live, by what the relay streams.
  const lost = $('[data-lost]'), live = $('[data-live-state]');
  let lostAt = null, timer = null, opened = 0;
  function state(on) {
    if (live) {
      const word = $('[data-live-on]', live);
      live.hidden = false;
      live.classList.toggle('off', !on);
      word.textContent = on ? word.dataset.liveOn : word.dataset.liveOff;
    }
    if (on) { lostAt = null; lost.hidden = true; clearTimeout(timer); timer = null; return; }
    lostAt ||= new Date();
    timer ||= setTimeout(() => {
      const p = $('[data-text]', lost), f = clock();
      p.textContent = p.dataset.text.replace('{since}', f ? f.format(lostAt) : lostAt.toLocaleTimeString());
      lost.hidden = false;
    }, 2500);
  }
  // The number beside "Dead" stands outside of the parts that are fetched.
  function dead(data) {
    const count = $('[data-dead-count]');
    let n;
    try { n = JSON.parse(data).total.dead; } catch { return; }
    if (!count || typeof n !== 'number') return;
    count.textContent = n.toLocaleString(locale);
    count.hidden = n === 0;
  }
  let stream, again;
  function listen() {
    if (!window.EventSource) return;
    stream?.close();
    stream = new EventSource('/api/v1/changes');
    stream.onopen = () => { state(true); opened++; };
    let first = true; // what a stream says first is how things stand, which a page that was just loaded shows
    stream.addEventListener('change', e => { state(true); dead(e.data); if (!first || opened > 1) refresh(); first = false; });
    stream.onerror = () => {
      state(false);
      if (stream.readyState === EventSource.CLOSED) { // an answer that is no stream: the browser gives up, we do not
        clearTimeout(again);
        again = setTimeout(listen, 5000);
      }
    };
  }
  addEventListener('pagehide', () => stream?.close());
  addEventListener('pageshow', e => { if (e.persisted) listen(); });

  // A file that is dropped on the page.
  function dropping() {
    const form = $('[data-drop]');
    if (!form) return;
    const input = $('input[type=file]', form);
    for (const type of ['dragenter', 'dragover']) form.addEventListener(type, e => { e.preventDefault(); form.classList.add('over-drop'); });
    for (const type of ['dragleave', 'drop']) form.addEventListener(type, () => form.classList.remove('over-drop'));
    form.addEventListener('drop', e => {
      e.preventDefault();
      if (!e.dataTransfer?.files.length) return;
      input.files = e.dataTransfer.files;
      form.requestSubmit();
    });
  }

  function picks() {
    const box = $('[data-all]');
    if (box) box.hidden = false;
    for (const button of all('[data-copy]')) button.hidden = !navigator.clipboard;
  }
  doc.addEventListener('change', e => {
    if (e.target.matches?.('[data-all]')) for (const one of all('input[name=id]')) one.checked = e.target.checked;
  });
  doc.addEventListener('click', async e => {
    const button = e.target.closest?.('[data-copy]');
    if (!button) return;
    const word = $('span', button), text = word.textContent;
    try { await navigator.clipboard.writeText($(button.dataset.copy).textContent); } catch { return; }
    word.textContent = button.dataset.done;
    setTimeout(() => { word.textContent = text; }, 2000);
  });
  doc.addEventListener('submit', e => {
    const text = e.target.dataset?.busy;
    const button = text && $('button', e.target);
    if (button) setTimeout(() => { button.disabled = true; $('span', button).textContent = text; });
  });

  function start() {
    after();
    dropping();
    listen();
    let width = innerWidth;
    addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; chart(true); } });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart(true));
  }
  start();
})();
