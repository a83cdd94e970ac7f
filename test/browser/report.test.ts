import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyze, HtmlReport } from '../../src/index.js';
import { pageDocument } from '../../src/report/html/document.js';
import { OVERVIEW_BLOCK, type Overview, ROWS_BLOCK } from '../../src/report/html/embedded.js';
import { FlowRows } from '../../src/report/html/flow-rows.js';
import { CAPTURE } from '../support/analysis.js';
import { CLOCK, FlowBuilder, seconds } from '../support/flow-builder.js';
import { testBothSides } from './both-sides.js';
import { builtPage, CAPTURES, CHROMIUM, COMMAND, goTo, LOOKS, Reports, Session, SKIPPED } from './browser.js';
import { cutCells, overlapping } from './layout.js';

const capture = (name: string): string => join(CAPTURES, `${name}.pcap`);

describe.skipIf(CHROMIUM === null)(`the report in a browser${SKIPPED}`, () => {
  let session: Session;
  const reports = new Reports();
  let soak: string;
  beforeAll(async () => {
    session = new Session();
    soak = await reports.of(capture('soak'));
  });
  afterAll(async () => {
    await session?.close();
    reports.remove();
  });

  const names = readdirSync(CAPTURES)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => name.slice(0, -'.pcap'.length));

  const analysisOfSoak = () => analyze(capture('soak'));

  test.each([
    ['soak', ['soak']],
    ['one connection', ['rst-after-synack-retries']],
    ['all others, one after the other', names.filter((name) => name !== 'soak')],
  ])('%s: opens in silence, and each finding leads to its connections', async (_what, shown) => {
    const captures = shown.map(capture);
    const { page, complaints } = await session.show(await reports.made(...captures));
    const analysis = await analyze(captures);
    const { title, found } = await page.evaluate(followFindings);
    expect(title).toMatch(/\.$/);
    const expected = [...analysis.findings, ...analysis.acrossFlows].map(({ kind }) => kind);
    expect(found.map(({ kind }) => kind).sort()).toEqual([...expected].sort());
    for (const { kind, flows } of analysis.findings) {
      const item = found.find((one) => one.kind === kind);
      expect(item?.count).toBe(`${flows} ${flows === 1 ? 'connection' : 'connections'}`);
      expect(item?.shown.length).toBeGreaterThan(0);
      // The first connections that it leads to have a note of that kind.
      for (const shown of item?.shown ?? []) expect(shown).toContain(kind);
    }
    expect(complaints).toEqual([]);
  });

  test('a click on a finding lists its connections, and no others', async () => {
    const { page } = await session.show(soak);
    const { findings } = await analysisOfSoak();
    const refused = findings.find(({ kind }) => kind === 'connection-refused');
    await page.click('.finding[data-kind="connection-refused"] a.count');
    expect(await page.textContent('.result')).toBe(`${refused?.flows} of 145 connections`);
    expect(page.url()).toContain('#connections?finding=connection-refused');
    const cells = await page.$$eval('.rows .row:not([hidden]) .cell.severity', (all) =>
      all.map((cell) => cell.textContent),
    );
    expect(cells.length).toBe(refused?.flows);
    for (const cell of cells) expect(cell).toContain('connection-refused');
  });

  test("the filter takes the command line's words, tells what it cannot take, and stays in the address", async () => {
    const { page, complaints } = await session.show(soak, '#connections');
    await page.fill('input[name=filter]', 'port 9998');
    await page.waitForFunction(() => /^\d+ of 145/.test(document.querySelector('.result')?.textContent ?? ''));
    const count = await page.textContent('.result');
    const servers = await page.$$eval('.rows .row:not([hidden]) .cell.server', (all) =>
      all.map((cell) => cell.textContent),
    );
    for (const server of servers) expect(server).toMatch(/:9998$/);
    expect(page.url()).toContain('filter=port+9998');
    await page.reload();
    expect(await page.inputValue('input[name=filter]')).toBe('port 9998');
    expect(await page.textContent('.result')).toBe(count);
    await page.fill('input[name=filter]', 'port mail');
    await page.locator('.problem', { hasText: "column 6: expected a port number, found 'mail'" }).waitFor();
    await page.click('text=Clear all conditions');
    expect(await page.textContent('.result')).toBe('145 connections');
    expect(complaints).toEqual([]);
  });

  test('conditions and order by mouse', async () => {
    const { page } = await session.show(soak, '#connections');
    await page.selectOption('label:has-text("State at the end") select', 'CLOSE_WAIT');
    const states = await page.$$eval('.rows .row:not([hidden])', (rows) => rows.map((row) => row.textContent));
    expect(states.length).toBeGreaterThan(0);
    for (const state of states) expect(state).toContain('CLOSE_WAIT');
    await page.click('text=Clear all conditions');
    await page.click('.head .duration button');
    expect(await page.getAttribute('.head .duration', 'aria-sort')).toBe('descending');
    const { findings } = await analysisOfSoak();
    await page.click('.head .severity button');
    const first = await page.textContent('#row-0 .cell.severity');
    expect(findings.filter(({ severity }) => severity === 'error').map(({ kind }) => kind)).toContain(
      first?.trim().split(/[ ,]+/)[1],
    );
  });

  test('a stretch of the chart zooms, filters everything else, and is given back', async () => {
    const { page, complaints } = await session.show(soak);
    const before = await page.locator('.finding').count();
    await page.locator('.chart').scrollIntoViewIfNeeded();
    const box = await page.locator('.chart .u-over').boundingBox();
    if (box === null) throw new Error('there is no chart');
    await page.mouse.move(box.x + box.width * 0.02, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.05, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.locator('.range-bar:not([hidden])').first().waitFor();
    expect(page.url()).toMatch(/from=\d+&to=\d+/);
    expect(await page.locator('.finding').count()).toBeLessThan(before);
    const hash = new URL(page.url()).hash;
    await page.click('nav >> text=Connections');
    const some = Number((await page.textContent('.result'))?.split(' ')[0]);
    expect(some).toBeLessThan(145);
    expect(some).toBeGreaterThan(0);
    await page.goBack();
    expect(new URL(page.url()).hash).toBe(hash);
    await page.click('text=Show the whole time');
    expect(await page.locator('.finding').count()).toBe(before);
    expect(complaints).toEqual([]);
  });

  test('a stretch of time without a mouse: by keys, and by typing', async () => {
    const { page } = await session.show(soak);
    await page.focus('.chart');
    await page.keyboard.press('+');
    expect(page.url()).toContain('from=');
    const zoomed = page.url();
    await page.keyboard.press('ArrowRight');
    expect(page.url()).not.toBe(zoomed);
    await page.keyboard.press('Escape');
    expect(page.url()).not.toContain('from=');
    await page.fill('input[aria-label=From]', '+1');
    await page.fill('input[aria-label=To]', '+2.5');
    await page.keyboard.press('Enter');
    const query = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
    expect(Number(query.get('to')) - Number(query.get('from'))).toBe(1_500_000);
    await page.fill('input[aria-label=To]', 'later');
    await page.keyboard.press('Enter');
    expect(await page.textContent('.range-fields .problem')).toContain('expected a time');
  });

  test('from the first key to the reason of a change without a mouse', async () => {
    const { page } = await session.show(soak, '#connections');
    await page.focus('.flow-table');
    await page.keyboard.press('End');
    expect(await page.locator('.row.current .cell.flow').textContent()).toBe('145');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.ladder').waitFor();
    expect(await page.textContent('h1')).toContain('Connection 2');
    await page.focus('.ladder [tabindex="0"]');
    await page.keyboard.press('End');
    const last = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await page.keyboard.press('ArrowUp');
    const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    expect(label).not.toBe(last);
    expect(await page.textContent('.inspector h3')).toBe(
      label.slice(0, (await page.textContent('.inspector h3'))?.length),
    );
    expect(await page.textContent('.inspector')).toMatch(/fate|why|known/);
    await page.goBack();
    await page.locator('.flow-table').waitFor();
  });

  test('a segment tells its frame, flags and numbers, and what it changed', async () => {
    const path = await reports.made(capture('rst-after-synack-retries'));
    const { page } = await session.show(path, '#connection?flow=1');
    await page.locator('.segment[aria-label^="Frame 2:"]').dispatchEvent('pointerenter');
    const text = await page.textContent('.inspector');
    expect(text).toContain('Frame 2: SYN ACK seq 0 ack 1');
    expect(text).toContain('SYN ACK');
    expect(text).toContain('SYN_SENT → ESTABLISHED');
    // The ACKs of frames 3, 5 and 7 never reached the server: README.
    expect(await page.locator('.segment.lost').count()).toBe(3);
    expect(await page.locator('.repeat-link').count()).toBe(2);
    await page.locator('.note button', { hasText: /^9$/ }).click();
    expect(await page.textContent('.inspector h3')).toContain('Frame 9');
  });

  test('copies the ladder as text, and the filter for Wireshark', async () => {
    const path = await reports.made(capture('handshake-ack-lost'));
    const { page } = await session.open(path, '#connection?flow=1', {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.click('text=Copy Wireshark filter');
    await page.locator('button', { hasText: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('tcp.stream eq 0');
    await page.click('.copy-ladder');
    await page.locator('.copy-ladder', { hasText: 'Copied' }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toMatch(/^flow 1 {3}/);
    expect(text).toContain('handshake-ack-lost');
  });

  test('time to scale, all segments, and colours are a choice', async () => {
    const { page, complaints } = await session.open(soak, '#connection?flow=5');
    const height = () => page.$eval('.ladder', (ladder) => Number(ladder.getAttribute('height')));
    await page.locator('.ladder').waitFor();
    expect(await page.locator('.idle-label').count()).toBeGreaterThan(0);
    await page.click('text=Time to scale');
    expect(page.url()).toContain('time=linear');
    expect(await page.locator('.idle-label').count()).toBe(0);
    const plain = await height();
    await page.click('[aria-label="Draw time twice as long"]');
    expect(await height()).toBeGreaterThan(plain + 1000);
    const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await colour();
    await page.click('.theme');
    expect(await colour()).toBe(light);
    await page.click('.theme');
    expect(await colour()).not.toBe(light);
    expect(complaints).toEqual([]);
  });

  test('on paper: no controls, all that is folded, a table of its own length', async () => {
    const { page } = await session.show(soak);
    await page.emulateMedia({ media: 'print' });
    await page.waitForFunction(() => document.querySelector('details:not(.no-print):not([open])') === null);
    expect(await page.locator('nav').first().isVisible()).toBe(false);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
    expect((await page.pdf()).subarray(0, 5).toString()).toBe('%PDF-');
    await page.evaluate(() => {
      location.hash = '#connections';
    });
    await page.waitForFunction(() => document.querySelectorAll('.rows .row:not([hidden])').length === 145);
    await page.emulateMedia({ media: 'screen' });
    await page.waitForFunction(() => document.querySelectorAll('.rows .row:not([hidden])').length < 100);
  });

  test.each(LOOKS)('$width pixels, $colorScheme: nothing is cut, nothing overlaps', async (look) => {
    const { width } = look;
    const { page, complaints } = await session.show(soak, '#overview', look);
    for (const hash of [
      '#overview',
      '#connections',
      '#connection?flow=5',
      '#connection?flow=15',
      '#connection?flow=4',
    ]) {
      await goTo(page, hash);
      if (hash.includes('flow=')) {
        await page.locator('h1', { hasText: `Connection ${hash.split('=')[1]}` }).waitFor();
        await page.locator('.ladder').waitFor();
        expect(await overlapping(page), hash).toEqual([]);
      }
      expect(await cutCells(page), hash).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), hash).toBeLessThanOrEqual(width);
    }
    expect(complaints).toEqual([]);
  });

  testBothSides(() => session, reports);

  describe('what comes from a capture stays text', () => {
    const markup = '<img src=x onerror=document.title="pwned"><b>bold';

    test('the name of a file', async () => {
      const path = join(reports.folder, `${markup}.pcap`);
      copyFileSync(capture('close-wait-at-end-of-capture'), path);
      const { page, complaints } = await session.show(await reports.of(path));
      expect(await page.locator('.captures .path').textContent()).toBe(path);
      expect(await page.title()).toContain('<b>bold');
      expect(await page.locator('main img, main b:text("bold")').count()).toBe(0);
      expect(complaints).toEqual([]);
    });

    test('an address, a message, a reason', async () => {
      const report = new HtmlReport({ assets: builtPage() });
      report.add(
        new FlowBuilder()
          .segment(0, 'client', 'S', 0, 0)
          .state('client', 'CLOSED', 'SYN_SENT', { reason: markup })
          .finding('syn-timeout', 'error', 'client', 0, [1], `message ${markup}`, `advice ${markup}`)
          .build({ capture: markup, client: { address: markup, port: 1 }, server: { address: markup, port: 2 } }),
      );
      const path = reports.write('markup.html', report.pieces([{ ...CAPTURE, path: markup, linkType: markup }]));
      for (const hash of ['#overview', '#connections', '#connection?flow=7']) {
        const { page, complaints } = await session.show(path, hash);
        await page.locator('main', { hasText: markup }).waitFor();
        expect(await page.locator('main img').count()).toBe(0);
        expect(await page.title()).not.toBe('pwned');
        expect(complaints).toEqual([]);
      }
    });

    test('a page into which somebody has put a script does not run it', async () => {
      const report = new HtmlReport({ assets: builtPage() });
      const pieces = [...report.pieces([CAPTURE])]
        .join('')
        .replace('</body>', '<script>document.title="pwned"</script></body>');
      const { page, complaints } = await session.show(reports.write('foreign.html', [pieces]));
      expect(await page.title()).not.toBe('pwned');
      expect(complaints.join()).toContain('Content Security Policy');
    });
  });

  test('connections that were given up are told of', async () => {
    const output = join(reports.folder, 'given-up.html');
    const { stderr } = await promisify(execFile)(process.execPath, [
      ...[COMMAND, 'report', capture('soak'), '--max-flows', '20', '-o', output],
    ]);
    const [told] = /\d+ connections were given up: .*/.exec(stderr) ?? [''];
    const { page } = await session.show(output);
    expect(told).not.toBe('');
    expect(await page.textContent('.captures')).toContain(`${told}.`);
  });

  test('200,000 connections: the table leads to the last one, and a filter finds one among them', async () => {
    const base = new FlowBuilder()
      .segment(0, 'client', 'S', 0, 0)
      .state('client', 'CLOSED', 'SYN_SENT')
      .segment(0.02, 'server', 'RA', 0, 1)
      .state('client', 'SYN_SENT', 'CLOSED')
      .build();
    const rows = new FlowRows();
    for (let flow = 1; flow <= 200_000; flow++) {
      const client = { address: `10.${flow >> 16}.${(flow >> 8) & 255}.${flow & 255}`, port: 1024 + (flow % 60_000) };
      const times = { start: seconds(flow / 1000), end: seconds(flow / 1000 + 0.02), clock: CLOCK };
      rows.add({ ...base, flow, client, ...times }, CLOCK, 0);
    }
    // The rest of the page is that of one of them: putting all of them through the whole report takes ten times as long.
    const report = new HtmlReport({ assets: builtPage() });
    report.add(base);
    const overview = { ...overviewOf([...report.pieces([CAPTURE])].join('')), flows: 200_000, rows: rows.tables() };
    const blocks = [
      [OVERVIEW_BLOCK, deflateSync(JSON.stringify(overview))],
      [ROWS_BLOCK, deflateSync(rows.bytes())],
    ] as const;
    const path = reports.write('many.html', pageDocument(builtPage(), 'many', blocks));
    const { page, complaints } = await session.show(path, '#connections');
    expect(await page.textContent('.result')).toBe('200,000 connections');
    expect(await page.locator('.rows .row').count()).toBeLessThan(100);
    await page.focus('.flow-table');
    await page.keyboard.press('End');
    await page.locator('.row.current .cell.flow', { hasText: '200000' }).waitFor();
    await page.fill('input[name=filter]', 'src host 10.2.255.254');
    await page.locator('.result', { hasText: '1 of 200,000 connections' }).waitFor();
    expect(await page.textContent('#row-0 .cell.flow')).toBe(String((2 << 16) + (255 << 8) + 254));
    expect(complaints).toEqual([]);
  });
});

/** In the page: what it found, and for the first connections of each kind, of what kinds their notes are. */
async function followFindings() {
  const items = [...document.querySelectorAll('.finding')].map((item) => ({
    kind: item.getAttribute('data-kind') ?? '',
    count: item.querySelector('a.count')?.textContent ?? null,
    links: [...item.querySelectorAll('.flows li a')].slice(0, 2).map((a) => a.getAttribute('href') ?? ''),
  }));
  const title = document.querySelector('.verdict h1')?.textContent ?? '';
  const notesAt = async (href: string): Promise<string[]> => {
    location.hash = href;
    const number = new URLSearchParams(href.split('?')[1]).get('flow');
    for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
      await new Promise((later) => setTimeout(later));
      const heading = document.querySelector('.connection h1')?.textContent ?? '';
      const notes = [...document.querySelectorAll('.stage .note')].map((note) => note.getAttribute('data-kind') ?? '');
      if (heading.startsWith(`Connection ${number}`, heading.indexOf('C')) && notes.length > 0) return notes;
    }
    return [];
  };
  const found: { kind: string; count: string | null; shown: string[][] }[] = [];
  for (const { links, ...item } of items) {
    const shown: string[][] = [];
    for (const link of links) shown.push(await notesAt(link));
    found.push({ ...item, shown });
  }
  location.hash = '#overview';
  return { title, found };
}

function overviewOf(page: string): Overview {
  const data = /id="overview">([^<]*)</.exec(page)?.[1] ?? '';
  return JSON.parse(inflateSync(Buffer.from(data, 'base64')).toString());
}
