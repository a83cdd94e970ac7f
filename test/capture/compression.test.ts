import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { CaptureError } from '../../src/capture/error.js';
import { openCapture } from '../../src/capture/open.js';
import { drain, type FrameCopy } from './frames.js';

const folder = mkdtempSync(join(tmpdir(), 'lastack-compression-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const large = fileURLToPath(new URL('../../captures/soak.pcap', import.meta.url));
const readAll = async (path: string): Promise<FrameCopy[]> => drain(await openCapture(path));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Programs that this process has started and that have not ended. */
function children(): string[] {
  const task = `/proc/self/task`;
  return readdirSync(task).flatMap((thread) =>
    readFileSync(`${task}/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
}

describe.each(['zstd', 'lz4', 'xz', 'bzip2'])('a capture in %s', (program) => {
  const isMissing = spawnSync(program, ['--version']).error !== undefined;
  const packed = isMissing ? Buffer.alloc(0) : execFileSync(program, ['-qc', large], { maxBuffer: 1 << 24 });

  it.skipIf(isMissing)('is read', async () => {
    const source = await openCapture(file(program, packed));
    expect(source.info).toMatchObject({ format: 'pcap', compression: program });
    expect(await drain(source)).toEqual(await readAll(large));
    expect(source.error).toBeNull();
    expect(source.bytesRead).toBe(packed.length);
  });

  it.skipIf(isMissing)('is read from standard input', async () => {
    const stream = Readable.from([packed.subarray(0, 5), packed.subarray(5)], { objectMode: false });
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(stream as typeof process.stdin);
    expect(await readAll('-')).toEqual(await readAll(large));
  });

  it.skipIf(isMissing)('that is cut short gives what could be unpacked, and says what the program says', async () => {
    const cut = packed.subarray(0, packed.length - 20);
    const opened = await openCapture(file(`cut-${program}`, cut)).catch((error: CaptureError) => error);
    // What is packed in a single block cannot even be opened.
    if (!(opened instanceof CaptureError)) await drain(opened);
    const error = opened instanceof CaptureError ? opened : opened.error;
    expect(error).toMatchObject({ code: 'damaged-compression', expected: `what ${program} can unpack` });
  });

  it.skipIf(isMissing)('lets go of the program when it is closed before its end', async () => {
    const before = children();
    const source = await openCapture(file(program, packed));
    await source.advance();
    await source.close();
    await source.close();
    expect(children().filter((child) => !before.includes(child))).toEqual([]);
  });

  it.skipIf(isMissing)('lets go of it while standard input has more to come', async () => {
    const stream = new Readable({ read() {} });
    // More than any of them reads before it writes.
    for (let i = 0; i < 20; i++) stream.push(packed);
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(stream as typeof process.stdin);
    const source = await openCapture('-');
    await source.close();
    expect(stream.destroyed).toBe(true);
  });
});

it('of gzip members, and of zstd frames, all are read', async ({ skip }) => {
  if (spawnSync('zstd', ['--version']).error !== undefined) skip('zstd is not installed');
  const bytes = readFileSync(large);
  const halves = [bytes.subarray(0, 500_000), bytes.subarray(500_000)];
  const frames = halves.map((half) => execFileSync('zstd', ['-qc'], { input: half, maxBuffer: 1 << 24 }));
  expect(await readAll(file('frames.zst', Buffer.concat(frames)))).toEqual(await readAll(large));
});

describe('without the programs', () => {
  const corpus = (name: string) => fileURLToPath(new URL(`../../fuzz/corpus/${name}`, import.meta.url));
  const original = fileURLToPath(new URL('../../captures/normal-close.pcap', import.meta.url));

  it('zstd is read all the same', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    expect(await readAll(corpus('normal-close.pcap.zst'))).toEqual(await readAll(original));
  });

  it('damaged zstd gives what could be unpacked', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    const cut = readFileSync(corpus('normal-close.pcap.zst')).subarray(0, 300);
    await expect(openCapture(file('cut.zst', cut))).rejects.toMatchObject({ code: 'damaged-compression' });
  });

  it('zstd with a window that no memory holds is refused', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    const hostile = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0, 0);
    await expect(openCapture(file('window.zst', hostile))).rejects.toMatchObject({
      code: 'damaged-compression',
      expected: 'a window of at most 134217728 bytes',
    });
  });

  it.each(['lz4', 'xz', 'bz2'])('%s is refused, and the program named', async (ending) => {
    vi.stubEnv('PATH', '/nonexistent');
    const program = ending === 'bz2' ? 'bzip2' : ending;
    await expect(openCapture(corpus(`normal-close.pcap.${ending}`))).rejects.toMatchObject({
      code: 'missing-tool',
      expected: `the program ${program}, which unpacks this file`,
      found: 'none on the PATH: install it',
    });
  });
});
