import { describe, expect, it } from 'vitest';
import { Distances } from '../../src/connection/distances.js';

describe.each([
  ['IPv4', -1_062_731_775, 5],
  ['IPv6', '2001:db8::1', '2001:db8::5'],
])('of hosts with %s', (_, host, other) => {
  it('the least round trip is known, whatever it was noted with', () => {
    const distances = new Distances();
    expect(distances.of(host)).toBeNull();
    distances.note(host, 300);
    distances.noteSound(host, 200);
    distances.note(host, 250);
    distances.noteSound(other, 900);
    expect([distances.of(host), distances.of(other)]).toEqual([200, 900]);
  });

  it('connections without incident are counted, and no others', () => {
    const distances = new Distances();
    distances.note(host, 1);
    expect(distances.noteSound(host, 1)).toBe(1);
    distances.note(host, 1);
    expect(distances.noteSound(other, 1)).toBe(1);
    expect(distances.noteSound(host, 1)).toBe(2);
  });
});

it('tens of thousands of hosts are remembered, and no more', () => {
  const distances = new Distances();
  for (let host = 0; host < 60_000; host++) distances.noteSound(Math.imul(host, 0x9e3779b1), host);
  for (let host = 0; host < 50_000; host++) expect(distances.of(Math.imul(host, 0x9e3779b1))).toBe(host);
  expect(distances.of(Math.imul(50_000, 0x9e3779b1))).toBeNull();
  expect(distances.noteSound(Math.imul(50_000, 0x9e3779b1), 1)).toBe(0);
});
