import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { ComparedFlow } from '../../src/index.js';
import { HtmlReport } from '../../src/index.js';
import { compared, pathLog } from '../compare/pairs.js';
import { CAPTURE } from '../support/analysis.js';
import { builtPage, CAPTURES, goTo, LOOKS, type Reports, type Session } from './browser.js';
import { cutCells, overlapping } from './layout.js';

const PAIRS = join(CAPTURES, 'pairs');
const NAMES = readdirSync(PAIRS).flatMap((name) =>
  name.endsWith('.client.pcap') ? [name.slice(0, -'.client.pcap'.length)] : [],
);
const clientSide = (name: string): string => join(PAIRS, `${name}.client.pcap`);
const serverSide = (name: string): string => join(PAIRS, `${name}.server.pcap`);

/** The report of captures from both sides. */
export function testBothSides(session: () => Session, reports: Reports): void {
  const pages = new Map<string, Promise<string>>();
  const reportOf = (name: string): Promise<string> => {
    const known = pages.get(name) ?? reports.both(clientSide(name), serverSide(name));
    pages.set(name, known);
    return known;
  };

  describe('both sides', () => {
    test.each(NAMES)('%s: what the path lost ends on its lane, and what it put in begins there', async (name) => {
      const { page, complaints } = await session().show(await reportOf(name), '#overview');
      const { flows } = await compared(clientSide(name), serverSide(name));
      const total = { lost: 0, injected: 0 };
      for (const { flow } of flows) {
        await goTo(page, `#connection?flow=${flow}&segments=all`);
        await page.locator('.connection h1', { hasText: `Connection ${flow}` }).waitFor();
        await page.locator('.ladder .path-lane').waitFor();
        const drawn = await page.evaluate(onThePath);
        expect(drawn.elsewhere).toEqual([]);
        total.lost += drawn.lost;
        total.injected += drawn.injected;
      }
      // What the path itself noted when the captures were made.
      const { lost, injected } = pathLog(name);
      expect(total).toEqual({ lost: lost.length, injected: injected.length });
      expect(complaints).toEqual([]);
    });

    test('the overview: both captures, what became of each direction, and what the other side decides', async () => {
      const { page } = await session().show(await reportOf('last-ack-lost'), '#overview');
      expect(await page.$$eval('.captures .path', (all) => all.map((one) => one.textContent))).toEqual([
        clientSide('last-ack-lost'),
        serverSide('last-ack-lost'),
      ]);
      expect(await page.textContent('.captures')).toContain('The second clock is');
      const [toServer, toClient] = await page.$$eval('.direction', (all) => all.map((one) => one.textContent));
      expect(toServer).toContain('7 arrived1 lost (12.50 %)1 last ACK');
      expect(toClient).toContain('7 arrived0 lost');
      expect(await page.textContent('.finding[data-kind="last-ack-lost"] .decided')).toBe(
        "= the client's answer was lost between the taps at 13:53:39.399",
      );
    });

    test('a connection: each side by its name, clocks, verdict, delays, and what became of a segment', async () => {
      const { page } = await session().show(await reportOf('last-ack-lost'), '#connection?flow=1');
      await page.locator('.ladder').waitFor();
      const facts = await page.textContent('.facts');
      for (const part of ['client’s side', 'server’s side', 'tcp.stream eq 0', '1 lost', "server's clock"])
        expect(facts).toContain(part);
      expect(await page.textContent('.note[data-kind="last-ack-lost"] .decided')).toContain('lost between the taps');
      expect(await page.$$eval('.delay', (all) => all.length)).toBeGreaterThan(8);
      await page.locator('.segment.lost').focus();
      const inspector = await page.textContent('.inspector');
      expect(inspector).toContain('Frame 13 at the client’s side: ACK ack 2250');
      expect(inspector).toContain('lost between the taps');
      await page.keyboard.press('ArrowDown');
      expect(await page.textContent('.inspector h3')).not.toContain('Frame 13 at the client');
      // A frame of a finding is one of the server's side: frame 12 there is another one at the client's.
      await page.locator('.note button', { hasText: /^12$/ }).click();
      expect(await page.textContent('.inspector h3')).toMatch(
        /^Frame 12 at the server’s side, \d+ at the client’s side: FIN ACK/,
      );
      await page.locator('.text-ladder summary').click();
      expect(await page.textContent('.text-ladder pre')).toContain('✗');
    });

    test('captures that share nothing: said, and each connection shown from its side', async () => {
      const path = await reports.both(clientSide('last-ack-lost'), serverSide('syn-blackholed'));
      const { page, complaints } = await session().show(path, '#overview');
      expect(await page.textContent('.captures')).toContain('The captures share nothing');
      expect(await page.textContent('.path-card')).toContain('0 connections in both captures, 1 in the first only');
      await goTo(page, '#connection?flow=1');
      await page.locator('.ladder').waitFor();
      expect(await page.textContent('.sides')).toContain('its capture does not hold this connection');
      expect(complaints).toEqual([]);
    });

    test.each(LOOKS)(
      '$width pixels, $colorScheme: nothing is cut, nothing overlaps',
      async ({ width, colorScheme }) => {
        for (const name of ['last-ack-lost', 'accept-queue-overflow', 'injected-reset']) {
          const { page, complaints } = await session().show(await reportOf(name), '#overview', { width, colorScheme });
          for (const hash of ['#overview', '#connections', '#connection?flow=1']) {
            await goTo(page, hash);
            if (hash.includes('flow=')) {
              await page.locator('.ladder').waitFor();
              expect(await overlapping(page), hash).toEqual([]);
            }
            expect(await cutCells(page), hash).toEqual([]);
            expect(await page.evaluate(() => document.documentElement.scrollWidth), hash).toBeLessThanOrEqual(width);
          }
          expect(complaints).toEqual([]);
        }
      },
    );

    test('on paper the path is there, too', async () => {
      const { page } = await session().show(await reportOf('injected-reset'), '#connection?flow=1');
      await page.locator('.ladder').waitFor();
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('.ladder .path-lane').isVisible()).toBe(true);
      expect(await page.locator('.copy-ladder').isVisible()).toBe(false);
      await page.emulateMedia({ media: 'screen' });
    });

    describe('what comes from a capture stays text', () => {
      const markup = '<img src=x onerror=document.title="pwned"><b>bold';

      test('the names of files', async () => {
        const path = join(reports.folder, `${markup}.pcap`);
        copyFileSync(clientSide('normal-close'), path);
        const { page, complaints } = await session().show(
          await reports.both(path, serverSide('normal-close')),
          '#overview',
        );
        for (const hash of ['#overview', '#connection?flow=1']) {
          await goTo(page, hash);
          await page.locator('main', { hasText: markup }).waitFor();
          await expectText(page);
        }
        expect(complaints).toEqual([]);
      });

      test('a verdict, what is rewritten, a stretch of the path', async () => {
        const { flows, comparison } = await compared(clientSide('last-ack-lost'), serverSide('last-ack-lost'));
        const report = new HtmlReport({ assets: builtPage() });
        for (const flow of flows) report.add(hostile(flow, markup));
        const captures = comparison.captures.flat().map((one) => ({ ...one, path: markup }));
        const path = reports.write('hostile.html', report.pieces([...captures, CAPTURE], comparison));
        const { page, complaints } = await session().show(path, '#overview');
        await page.locator('.decided', { hasText: markup }).waitFor();
        await expectText(page);
        await goTo(page, '#connection?flow=1');
        await page.locator('.ladder').waitFor();
        await page.locator('.segment.lost').focus();
        expect(await page.textContent('.inspector')).toContain(`lost ${markup}`);
        for (const place of ['.note .decided', '.path-words', '.sides'])
          expect(await page.locator(place).first().textContent()).toContain(markup);
        await expectText(page);
        expect(complaints).toEqual([]);
      });
    });
  });
}

async function expectText(page: Page): Promise<void> {
  expect(await page.locator('main img, main b:text("bold")').count()).toBe(0);
  expect(await page.title()).not.toBe('pwned');
}

/** The same connection with a text wherever words of it come from a capture or go with it. */
function hostile(flow: ComparedFlow, text: string): ComparedFlow {
  const { fates, path } = flow;
  const lost = (of: NonNullable<typeof fates>['clientToServer']) => ({
    ...of,
    lost: of.lost.map((one) => ({ ...one, where: text })),
  });
  return {
    ...flow,
    path,
    rewritten: [text],
    taps: {
      client: flow.taps.client && { ...flow.taps.client, captures: [text] },
      server: flow.taps.server && { ...flow.taps.server, captures: [text] },
    },
    findings: flow.findings.map((finding) => ({ ...finding, verdict: text })),
    fates: fates && { clientToServer: lost(fates.clientToServer), serverToClient: lost(fates.serverToClient) },
  };
}

/** In the page: how many segments end or begin on the path, and which of their marks are not on its lane. */
function onThePath() {
  const lane = document.querySelector('.ladder .path-lane')?.getBoundingClientRect();
  const marks = (selector: string): Element[] => [...document.querySelectorAll(selector)];
  const isBeside = (mark: Element): boolean => {
    const { left, right } = mark.getBoundingClientRect();
    const middle = (left + right) / 2;
    return lane === undefined || middle < lane.left || middle > lane.right;
  };
  const [lost, injected] = [marks('.segment.lost .head'), marks('.segment.injected .origin')];
  return {
    lost: lost.length,
    injected: injected.length,
    elsewhere: [...lost, ...injected].filter(isBeside).map((mark) => mark.parentElement?.getAttribute('aria-label')),
  };
}
