import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../generator/generate.mjs';
import { Random } from '../generator/random.mjs';
import { workloadNamed } from '../workloads.mjs';
import { WAYS } from './ways.mjs';

const SEED = 7;
/** One capture in five is broken. */
const BROKEN_EVERY = 5;

/**
 * What is known of one file of a batch.
 * @typedef {object} Member
 * @property {string} path
 * @property {number} flows that it had before it was broken
 * @property {string | null} way in which it is broken
 * @property {string | null} code of the error
 * @property {boolean} partial
 */

/**
 * Writes a batch of captures of 10 to 200 connections, one in five of them broken, below `folder`, unless it is there.
 * @param {string} folder
 * @param {number} count
 * @returns {readonly Member[]}
 */
export function makeBatch(folder, count) {
  const manifest = join(folder, 'manifest.json');
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8'));
  const random = new Random(SEED);
  /** @type {Member[]} */
  const members = [];
  for (let i = 0; i < count; i++) {
    const host = join(folder, 'captures', `host-${i % 20}`);
    mkdirSync(host, { recursive: true });
    const flows = 2 * random.magnitude(5, 100);
    const name = i % 4 === 0 ? 'lossy-handshakes' : 'short-flows';
    // Another pace makes another capture of the same generator.
    const workload = {
      ...workloadNamed(name, 1),
      flows,
      alive: Math.ceil(flows / 4),
      think: 2_000_000 + i,
      servers: 8,
    };
    const plain = join(host, `${i}.part`);
    generate(workload, plain);
    const way = i % BROKEN_EVERY === 0 ? WAYS[(i / BROKEN_EVERY) % WAYS.length] : null;
    const capture = readFileSync(plain);
    const path = join(host, `capture-${i}-a.${way?.extension ?? 'pcap'}`);
    writeFileSync(path, way === null ? capture : way.damage(capture));
    rmSync(plain);
    members.push({ path, flows, way: way?.name ?? null, code: way?.code ?? null, partial: way?.partial ?? false });
  }
  writeFileSync(manifest, JSON.stringify(members, null, 1));
  return members;
}
