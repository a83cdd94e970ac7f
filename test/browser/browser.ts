import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type CompareOptions, compare, flows, HtmlReport } from '../../src/index.js';
import type { PageAssets } from '../../src/report/html/document.js';

const ROOT = join(import.meta.dirname, '../..');
export const COMMAND = join(ROOT, 'dist/cli/main.js');
export const CAPTURES = join(ROOT, 'captures');

/** Debian's Chromium; null where it is not installed. */
export const CHROMIUM = findOnPath(['chromium', 'chromium-browser', 'google-chrome']);
export const SKIPPED = CHROMIUM === null ? ' (skipped: no chromium on PATH)' : '';

/** What the build made of the page. */
export const builtPage = (): PageAssets => ({
  script: readFileSync(join(ROOT, 'dist/report/html/page/main.js'), 'utf8'),
  style: readFileSync(join(ROOT, 'dist/report/html/page/page.css'), 'utf8'),
});

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
  async made(...captures: readonly string[]): Promise<string> {
    const report = new HtmlReport({ assets: builtPage() });
    const stream = flows(captures, { detail: 'full' });
    for await (const flow of stream) report.add(flow);
    return this.write(`${basename(captures[0])}-${captures.length}.html`, report.pieces(stream.captures));
  }

  /** Of both sides of a pair, made in this process. */
  async both(client: string, server: string, options: CompareOptions = {}): Promise<string> {
    const report = new HtmlReport({ assets: builtPage() });
    const stream = compare(client, server, { ...options, detail: 'full' });
    for await (const flow of stream) report.add(flow);
    const comparison = stream.comparison();
    return this.write(
      `${basename(client)}+${basename(server)}.html`,
      report.pieces(comparison.captures.flat(), comparison),
    );
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

/** Colours change nothing that is measured: each is looked at in one width. */
export const LOOKS = [
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 1280, height: 900, colorScheme: 'dark' },
] as const;

interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** One browser with one page, which shows one report after the other: what a test does not care about costs it no time. */
export class Session {
  readonly #browser: Promise<Browser>;
  #shared: Promise<Window> | null = null;

  constructor() {
    // Its sandbox needs rights that containers and root do not have.
    this.#browser = chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
  }

  /** The page that all tests share, on this report and view. Where it shows the report already, only its address changes. */
  async show(path: string, hash = '#overview', look: Look = {}): Promise<Opened> {
    this.#shared ??= this.#browser.then((browser) => Window.open(browser, {}));
    const window = await this.#shared;
    await window.show(path, hash, look);
    return window;
  }

  /** A page of its own, for who changes what an address does not hold: colours, permissions, a file that is to be loaded anew. */
  async open(path: string, hash = '', options: BrowserContextOptions = {}): Promise<Opened> {
    const window = await Window.open(await this.#browser, options);
    await window.show(path, hash, {});
    return window;
  }

  async close(): Promise<void> {
    await (await this.#browser).close();
  }
}

const VIEWPORT = { width: 1280, height: 900 };

class Window implements Opened {
  complaints: string[] = [];
  #url = '';

  private constructor(readonly page: Page) {
    page.on('console', (message) => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (request.url().split('#')[0] !== this.#url) this.complaints.push(`request: ${request.url()}`);
    });
  }

  static async open(browser: Browser, options: BrowserContextOptions): Promise<Window> {
    const context = await browser.newContext({ viewport: VIEWPORT, ...options });
    return new Window(await context.newPage());
  }

  async show(path: string, hash: string, { width, height, colorScheme = 'light' }: Look): Promise<void> {
    const { page } = this;
    this.complaints = [];
    if (width !== undefined || page.viewportSize()?.width !== VIEWPORT.width) {
      await page.setViewportSize({ width: width ?? VIEWPORT.width, height: height ?? VIEWPORT.height });
    }
    await page.emulateMedia({ colorScheme });
    const url = new URL(`file://${path}`).href;
    if (url === this.#url) {
      await goTo(page, hash);
      return;
    }
    this.#url = url;
    await page.goto(url + hash);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
  }
}

/** Another view of the same report; a frame later it is drawn. */
export function goTo(page: Page, hash: string): Promise<void> {
  return page.evaluate(async (to) => {
    location.hash = to;
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }, hash);
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
