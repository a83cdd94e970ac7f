import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { flows, HtmlReport } from '../../src/index.js';
import type { PageAssets } from '../../src/report/html/document.js';

const ROOT = join(import.meta.dirname, '../..');
const COMMAND = join(ROOT, 'dist/cli/main.js');
export const CAPTURES = join(ROOT, 'captures');

/** Debian's Chromium; null where it is not installed. */
export const CHROMIUM = findOnPath(['chromium', 'chromium-browser', 'google-chrome']);
export const SKIPPED = CHROMIUM === null ? ' (skipped: no chromium on PATH)' : '';

/** What the build made of the page. */
export const builtPage = (): PageAssets => ({
  script: readFileSync(join(ROOT, 'dist/report/html/page/main.js'), 'utf8'),
  style: readFileSync(join(ROOT, 'dist/report/html/page/page.css'), 'utf8'),
});

export const startBrowser = (): Promise<Browser> =>
  // Its sandbox needs rights that containers and root do not have.
  chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });

/** A folder for reports, gone when the tests are done. */
export class Reports {
  readonly folder = mkdtempSync(join(tmpdir(), 'lastack-browser-'));

  /** The report that the built command makes of captures. */
  async of(...captures: readonly string[]): Promise<string> {
    const output = join(
      this.folder,
      `${captures
        .join('+')
        .replaceAll(/[^\w+]/g, '_')
        .slice(-60)}.html`,
    );
    await promisify(execFile)(process.execPath, [COMMAND, 'report', ...captures, '-o', output]);
    return output;
  }

  /** The same, made in this process. */
  async made(capture: string): Promise<string> {
    const report = new HtmlReport({ assets: builtPage() });
    const stream = flows(capture, { detail: 'full' });
    for await (const flow of stream) report.add(flow);
    return this.write(`${basename(capture)}.html`, report.pieces(stream.captures));
  }

  write(name: string, pieces: Iterable<string>): string {
    const path = join(this.folder, name);
    writeFileSync(path, [...pieces].join(''));
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A page, and everything that it should not have done. */
export interface Opened {
  readonly page: Page;
  /** Messages on the console, errors, and requests other than for the file itself. */
  readonly complaints: readonly string[];
}

export async function openReport(
  browser: Browser,
  path: string,
  hash = '',
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const url = new URL(`file://${path}`).href;
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== url) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(url + hash);
  await page.waitForSelector('html[data-ready]', { state: 'attached' });
  return { page, complaints };
}

function findOnPath(names: readonly string[]): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return null;
}
