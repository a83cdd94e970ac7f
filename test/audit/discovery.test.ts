import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discover } from '../../src/audit/discovery/discover.js';
import { expandGlob } from '../../src/audit/discovery/glob.js';
import { seriesName } from '../../src/audit/discovery/series.js';
import { walk } from '../../src/audit/discovery/walk.js';
import { tcpFrame } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';
import { Scratch } from './scratch.js';

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** A capture with a SYN at each of these seconds. */
function captureAt(...seconds: number[]): Uint8Array {
  const data = tcpFrame({ from: '10.0.0.1:40000', to: '10.0.0.2:80', flags: 'S', seq: 1 });
  return writePcap(seconds.map((second) => ({ data, seconds: 1_700_000_000 + second })));
}

const names = (paths: readonly { readonly path: string }[]): string[] =>
  paths.map(({ path }) => path.slice(scratch.folder.length + 1)).sort();

async function seriesIn(folder: string): Promise<string[][]> {
  const { series } = await discover([scratch.path(folder)], '/nowhere', null);
  return series.map((one) => one.map(({ path }) => path.slice(scratch.path(folder).length + 1))).sort();
}

describe('what is found', () => {
  beforeAll(() => {
    scratch.write('walk/a/one.pcap', captureAt(0));
    scratch.write('walk/b/two', captureAt(1));
    scratch.write('walk/b/notes.txt', 'no capture');
    symlinkSync('../b/two', scratch.path('walk/a/link-to-two'));
    linkSync(scratch.path('walk/b/two'), scratch.path('walk/b/zz-hard-link'));
    symlinkSync('..', scratch.path('walk/a/cycle'));
    symlinkSync('nothing', scratch.path('walk/a/dangling.pcap'));
    symlinkSync('nothing', scratch.path('walk/a/dangling'));
    execFileSync('mkfifo', [scratch.path('walk/b/pipe')]);
  });

  test('each file once, by its own name, whatever links lead to it; pipes are not opened', () => {
    const found = walk([scratch.path('walk')], '/nowhere');
    expect(names(found.files)).toEqual(['walk/a/one.pcap', 'walk/b/notes.txt', 'walk/b/two']);
    expect(names(found.passedOver)).toEqual([
      'walk/a/cycle',
      'walk/a/dangling',
      'walk/a/link-to-two',
      'walk/b/pipe',
      'walk/b/zz-hard-link',
    ]);
    expect(names(found.missing)).toEqual(['walk/a/dangling.pcap']);
  });

  test('what is named twice is no link, and the results are not walked into', () => {
    const path = scratch.path('walk/b/two');
    expect(walk([path, path], '/nowhere')).toMatchObject({ files: [{ path }], passedOver: [] });
    const { files } = walk([scratch.path('walk')], scratch.path('walk/a'));
    expect(names(files)).toEqual(['walk/b/notes.txt', 'walk/b/two']);
    scratch.write('older/results/.lastack/x', '');
    scratch.write('older/results/summary.json', '');
    expect(walk([scratch.path('older')], '/nowhere')).toMatchObject({
      files: [],
      passedOver: [{ path: scratch.path('older/results'), reason: 'results of lastack audit' }],
    });
  });

  test('captures are told by content, and a name only speaks where the content does not', async () => {
    scratch.write('kinds/capture-without-a-name', captureAt(0));
    scratch.write('kinds/page.pcap', '<html>404</html>');
    scratch.write('kinds/page.html', '<html>404</html>');
    scratch.write('kinds/empty.pcap3', '');
    scratch.write('kinds/empty.py', '');
    scratch.write('kinds/header-cut', captureAt(0).subarray(0, 12));
    const { series, unreadable, ignored } = await discover(
      [scratch.path('kinds'), '/does/not/exist'],
      '/nowhere',
      null,
    );
    expect(names(series.flat())).toEqual(['kinds/capture-without-a-name']);
    expect(unreadable.map(({ path, error }) => [path.split('/').at(-1), error.code])).toEqual([
      ['empty.pcap3', 'empty'],
      ['header-cut', 'truncated-header'],
      ['page.pcap', 'not-a-capture'],
      ['exist', 'not-found'],
    ]);
    expect(names(ignored)).toEqual(['kinds/empty.py', 'kinds/page.html']);
  });

  test('patterns', () => {
    for (const name of ['x/1.pcap', 'x/2.pcap', 'x/y/3.pcap', 'x/y/z/4.cap', 'x/.hidden/5.pcap', 'x/a+b[1].pcap']) {
      scratch.write(`glob/${name}`, '');
    }
    const expand = (pattern: string): string[] =>
      expandGlob(scratch.path('glob', pattern)).map((path) => path.slice(scratch.path('glob').length + 1));
    expect(expand('x/*.pcap')).toEqual(['x/1.pcap', 'x/2.pcap', 'x/a+b[1].pcap']);
    expect(expand('x/[!1].pcap')).toEqual(['x/2.pcap']);
    expect(expand('x/?.pcap')).toEqual(['x/1.pcap', 'x/2.pcap']);
    expect(expand('**/*.pcap')).toEqual(['x/1.pcap', 'x/2.pcap', 'x/a+b[1].pcap', 'x/y/3.pcap']);
    expect(expand('*/y/**')).toEqual(['x/y/3.pcap', 'x/y/z', 'x/y/z/4.cap']);
    expect(expand('x/a+b*')).toEqual(['x/a+b[1].pcap']);
    expect(expand('nothing/*')).toEqual([]);
  });

  test('a pattern without a match is told of; a name with such signs is a name', async () => {
    const odd = scratch.write('odd/[1].pcap', captureAt(0));
    const { series, unreadable } = await discover([odd, scratch.path('odd/*.none')], '/nowhere', null);
    expect(series.flat().map(({ path }) => path)).toEqual([odd]);
    expect(unreadable).toMatchObject([{ error: { code: 'not-found' } }]);
  });
});

describe('rotated series', () => {
  test.each([
    ['dump.pcap', 'dump.pcap12'],
    ['ring0', 'ring31'],
    ['dump.pcap1', 'dump.pcap2.gz'],
    ['web-20261120-135301.pcap', 'web-20261120-145301.pcap'],
    ['web-2026-11-20_13:53:01.pcap', 'web-2026-11-20_14:53:01.pcap3'],
    ['trace_00001_20261120135301.pcapng', 'trace_00031_20261120145301.pcapng'],
    ['eth0-1700000000.pcap', 'eth0-1700003600.pcap'],
  ])('%s and %s are of one name', (a, b) => expect(seriesName(a)).toBe(seriesName(b)));

  test.each([
    ['client1.pcap', 'client2.pcap'],
    ['web-20261120-135301.pcap', 'db-20261120-135301.pcap'],
    ['dump.pcap', 'dump.cap'],
  ])('%s and %s are not', (a, b) => expect(seriesName(a)).not.toBe(seriesName(b)));

  test('a ring is one series in the order of time, wherever it was overwritten', async () => {
    scratch.write('ring/ring.pcap0', captureAt(300, 350));
    scratch.write('ring/ring.pcap1', captureAt(100, 199));
    scratch.write('ring/ring.pcap2', captureAt(200, 299));
    expect(await seriesIn('ring')).toEqual([['ring.pcap1', 'ring.pcap2', 'ring.pcap0']]);
  });

  test('files whose times overlap are different captures', async () => {
    scratch.write('hosts/host1', captureAt(0, 100));
    scratch.write('hosts/host2', captureAt(50, 150));
    expect(await seriesIn('hosts')).toEqual([['host1'], ['host2']]);
  });

  test('samples with silence between them are, too; and other link types', async () => {
    scratch.write('nightly/s-20261120-020000.pcap', captureAt(0, 60));
    scratch.write('nightly/s-20261121-020000.pcap', captureAt(86_400, 86_460));
    const raw = writePcap([{ data: new Uint8Array(20), seconds: 1_700_000_061 }], { linkType: 101 });
    scratch.write('nightly/s-20261120-020101.pcap', raw);
    expect(await seriesIn('nightly')).toHaveLength(3);
  });
});

test('shares are disjoint, complete, and depend on content alone', async () => {
  for (let i = 0; i < 30; i++) {
    scratch.write(`shards/a/${i}-x.pcap`, captureAt(i * 1000));
    scratch.write(`moved/elsewhere/${i}-y.pcap`, captureAt(i * 1000));
  }
  const share = async (folder: string, index: number): Promise<bigint[]> => {
    const { series } = await discover([scratch.path(folder)], '/nowhere', { index, count: 3 });
    return series.map(([{ firstFrameAt }]) => BigInt(firstFrameAt ?? 0));
  };
  const shares = await Promise.all([1, 2, 3].map((index) => share('shards', index)));
  expect(new Set(shares.flat()).size).toBe(30);
  expect(shares.flat()).toHaveLength(30);
  for (const [i, one] of shares.entries()) {
    expect(one.length).toBeGreaterThan(0);
    const moved = await share('moved', i + 1);
    expect(moved.sort()).toEqual([...one].sort());
  }
});

test('a folder that is a link is walked into once', async () => {
  mkdirSync(scratch.path('linked'));
  scratch.write('outside/o.pcap', captureAt(0));
  symlinkSync('../outside', scratch.path('linked/one'));
  symlinkSync('../outside', scratch.path('linked/two'));
  const { series, ignored } = await discover([scratch.path('linked')], '/nowhere', null);
  expect(names(series.flat())).toEqual(['linked/one/o.pcap']);
  expect(names(ignored)).toEqual(['linked/two']);
});
