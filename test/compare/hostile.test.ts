import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compared, rawClient, rawServer, scratchCaptures } from './pairs.js';
import { RawCapture, type RawFrame } from './rewrite.js';

const scratch = scratchCaptures();
const NAMES = ['last-ack-lost', 'transfer-loss', 'accept-queue-overflow', 'simultaneous-open'] as const;

/** What may happen to a frame of a capture: gone, twice, late, or with bytes of it changed. */
const arbitraryDamage = fc.array(
  fc.record({
    frame: fc.nat(400),
    what: fc.constantFrom('drop', 'double', 'delay', 'change'),
    by: fc.integer({ min: 1, max: 2_000_000_000 }),
    offset: fc.integer({ min: 14, max: 80 }),
    byte: fc.nat(255),
  }),
  { maxLength: 30 },
);

function damaged(
  capture: RawCapture,
  damage: readonly { frame: number; what: string; by: number; offset: number; byte: number }[],
) {
  const frames: RawFrame[][] = capture.frames.map((frame) => [frame]);
  for (const { frame, what, by, offset, byte } of damage) {
    const slot = frames[frame % frames.length];
    const [first] = slot;
    if (first === undefined) continue;
    if (what === 'drop') slot.length = 0;
    else if (what === 'double') slot.push({ ...first, time: first.time + BigInt(by % 1000) });
    else if (what === 'delay') slot[0] = { ...first, time: first.time + BigInt(by) };
    else {
      const bytes = Buffer.from(first.bytes);
      bytes[offset % bytes.length] = byte;
      slot[0] = { ...first, bytes };
    }
  }
  return new RawCapture(capture.nano, frames.flat());
}

describe('damaged captures', () => {
  it('are compared all the same, and each segment has one fate', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NAMES), arbitraryDamage, arbitraryDamage, async (name, first, second) => {
        run++;
        const client = scratch(`client-${run}`, damaged(rawClient(name), first));
        const server = scratch(`server-${run}`, damaged(rawServer(name), second));
        const { flows, comparison } = await compared(client, server);
        const frames = comparison.captures.map((files) => files.reduce((sum, f) => sum + f.frames, 0));
        for (const flow of flows) {
          for (const path of [flow.fates?.clientToServer, flow.fates?.serverToClient]) {
            if (path === undefined) continue;
            const all = [...path.lost, ...path.injected];
            for (const { frame } of all) expect(frame).toBeLessThanOrEqual(Math.max(...frames));
            expect(new Set(path.lost.map((s) => s.frame)).size).toBe(path.lost.length);
            expect(new Set(path.injected.map((s) => s.frame)).size).toBe(path.injected.length);
          }
          for (const side of ['client', 'server'] as const) {
            const own = flow.timeline.filter((t) => t.endpoint === side);
            for (let i = 1; i < own.length; i++) expect(own[i].from).toBe(own[i - 1].to);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
