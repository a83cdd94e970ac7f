import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeBatch } from './batch/make.mjs';
import { run } from './measure/process.mjs';

const USAGE = `node bench/batch.mjs FOLDER [options]

Makes captures below FOLDER, one in five of them broken in one of ten ways, and holds lastack audit to what is known of them.

  --captures N   how many (1000)
  --loop         also time a shell loop of single analyze calls
  --kills N      kill a run at a random moment this often, and compare what it comes to (20)
  --shards N     read the batch in this many shares, and compare them, put together, with the whole (4)
`;

const LASTACK = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    captures: { type: 'string', default: '1000' },
    loop: { type: 'boolean', default: false },
    kills: { type: 'string', default: '20' },
    shards: { type: 'string', default: '4' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help || positionals.length !== 1) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const [folder] = positionals;
const members = makeBatch(folder, Number(values.captures));
const captures = join(folder, 'captures');
const whole = join(folder, 'whole');

/** @param {string[]} args */
const lastack = (...args) => [process.execPath, LASTACK, ...args];
/** @param {string} out */
const auditTo = (out) => lastack('audit', captures, '--out', out, '--quiet');

/** @param {string} text */
const tell = (text) => process.stdout.write(`${text}\n`);

/**
 * The hash of every file of the results; not of what a folder keeps for itself alone.
 * @param {string} out
 */
function hashes(out) {
  return readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !['hashes.json', 'lock'].includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${createHash('sha256').update(readFileSync(path)).digest('hex')} ${path.slice(out.length)}`)
    .join('\n');
}

/**
 * Exit status 3 is right: there are broken captures.
 * @param {string[]} command
 */
function timed(command) {
  const { wall, cpu, memory } = run(() => ['sh', '-c', '"$@"; [ $? -eq 3 ]', 'sh', ...command]);
  return { wall, text: figures(wall, cpu, memory) };
}

/**
 * @param {number} wall
 * @param {number | null} cpu
 * @param {number | null} memory
 */
function figures(wall, cpu, memory) {
  const peak = memory === null ? '' : `, ${Math.round(memory / 1e6)} MB at the peak`;
  return `${wall.toFixed(1)} s${cpu === null ? '' : ` (${cpu.toFixed(1)} s of processors)`}${peak}`;
}

rmSync(whole, { recursive: true, force: true });
const first = timed(auditTo(whole));
tell(`audit of ${members.length} captures: ${first.text}`);
tell(`again, with nothing changed: ${timed(auditTo(whole)).text}`);
const expected = hashes(whole);

const summary = JSON.parse(readFileSync(join(whole, 'summary.json'), 'utf8'));
/** @type {Map<string, { code: string, partial: boolean }>} */
const told = new Map();
/** @type {Map<string, number>} */
const flows = new Map();
for (const { path, error } of summary.unreadable) told.set(path, { code: error.code, partial: false });
for (const { files, flows: count } of summary.captures) {
  for (const { path, error } of files) {
    flows.set(path, count);
    if (error !== null) told.set(path, { code: error.code, partial: true });
  }
}
let wrong = 0;
for (const { path, flows: count, code, partial } of members) {
  const found = told.get(path);
  const right =
    code === null
      ? found === undefined && flows.get(path) === count
      : found?.code === code && found.partial === partial;
  if (right) continue;
  wrong++;
  tell(
    `WRONG ${path}: expected ${code ?? `${count} flows`}, found ${JSON.stringify(found ?? flows.get(path) ?? null)}`,
  );
}
tell(`accounted for: ${told.size} broken, ${flows.size} with connections, of ${members.length} files; ${wrong} wrong`);

if (values.loop) {
  const loop = `for f in "$@"; do "${process.execPath}" "${LASTACK}" analyze "$f" --format json > /dev/null 2>&1; done; true`;
  const { wall, cpu, memory } = run(() => ['sh', '-c', loop, 'sh', ...members.map(({ path }) => path)]);
  tell(`a shell loop of analyze: ${figures(wall, cpu, memory)} of one of them`);
}

/**
 * @param {string} out
 * @param {number} milliseconds
 * @returns {Promise<boolean>} whether it was killed before it was done
 */
function killedAfter(out, milliseconds) {
  return new Promise((resolve) => {
    const [command, ...args] = auditTo(out);
    const child = spawn(command, args, { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.once('exit', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

if (Number(values.kills) > 0) {
  const out = join(folder, 'killed');
  rmSync(out, { recursive: true, force: true });
  let kills = 0;
  for (let i = 0; i < Number(values.kills); i++) {
    // Short enough that most fall into what is left of the work.
    if (await killedAfter(out, 300 + Math.random() * first.wall * 125)) kills++;
    else rmSync(out, { recursive: true, force: true });
  }
  spawnSync(process.execPath, auditTo(out).slice(1), { stdio: 'ignore' });
  tell(`killed ${kills} times: ${hashes(out) === expected ? 'identical results' : 'DIFFERENT RESULTS'}`);
}

const shards = Number(values.shards);
if (shards > 0) {
  const outs = Array.from({ length: shards }, (_, i) => join(folder, `share-${i + 1}`));
  for (const [i, out] of outs.entries()) {
    rmSync(out, { recursive: true, force: true });
    spawnSync(process.execPath, [...auditTo(out).slice(1), '--shard', `${i + 1}/${shards}`], { stdio: 'ignore' });
    const { counts } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    tell(`share ${i + 1} of ${shards}: ${counts.captures} captures, ${counts.unreadable} unreadable`);
  }
  const joined = join(folder, 'joined');
  rmSync(joined, { recursive: true, force: true });
  spawnSync(process.execPath, lastack('audit', '--join', ...outs, '--out', joined).slice(1), { stdio: 'ignore' });
  tell(`put together: ${hashes(joined) === expected ? 'identical to the whole' : 'DIFFERENT FROM THE WHOLE'}`);
}
