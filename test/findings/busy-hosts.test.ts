import { describe, expect, it } from 'vitest';
import { BusyHosts } from '../../src/findings/busy-hosts.js';

const BUSY = 1000;
/** Hosts that are counted at most. */
const MOST = 20_000;

/** So many flows of a host. @returns what the last one gave */
function flows(hosts: BusyHosts, key: number | string, count: number): number {
  let number = -1;
  for (let i = 0; i < count; i++) number = hosts.count(key);
  return number;
}

describe.each([
  ['IPv4', -1_062_731_775],
  ['IPv6', '2001:db8::1'],
])('a host of %s', (_, key) => {
  it('is busy from its thousandth flow on', () => {
    const hosts = new BusyHosts();
    expect(flows(hosts, key, BUSY - 1)).toBe(-1);
    const number = hosts.count(key);
    expect(number).toBeGreaterThanOrEqual(0);
    expect(hosts.known(number)).toBeUndefined();
    const host = hosts.begin(number, 'its address');
    expect(hosts.known(hosts.count(key))).toBe(host);
    expect([...hosts.all()].map(({ address }) => address)).toEqual(['its address']);
  });

  it('is busy from its thousandth flow on, where all are without incident, or some are not', () => {
    const hosts = new BusyHosts();
    for (let sound = 1; sound < BUSY - 2; sound++) expect(hosts.count(key, sound)).toBe(-1);
    expect(flows(hosts, key, 2)).toBe(-1);
    const number = hosts.count(key, BUSY - 2);
    expect(number).toBeGreaterThanOrEqual(0);
    expect(hosts.count(key)).toBe(number);
  });

  it('stays where thousands of others come once, which are forgotten', () => {
    const hosts = new BusyHosts();
    flows(hosts, 5, 2);
    const host = hosts.begin(flows(hosts, key, BUSY), 'its address');
    for (let other = 1; other <= 3 * MOST; other++) hosts.count(other * 64);
    expect(hosts.known(hosts.count(key))).toBe(host);
    // Two flows are more than most have; of a host that was forgotten, only the flows since then count.
    expect(flows(hosts, 5, BUSY - 3)).toBe(-1);
    expect(hosts.count(5)).toBeGreaterThanOrEqual(0);
    expect(flows(hosts, 64, BUSY - 1)).toBe(-1);
  });
});

it('thousands of hosts are told from each other', () => {
  const hosts = new BusyHosts();
  for (let round = 0; round < BUSY - 1; round += 333)
    for (let host = 0; host < 5000; host++) for (let i = 0; i < 333; i++) hosts.count(Math.imul(host, 0x9e3779b1));
  const numbers = Array.from({ length: 5000 }, (_, host) => hosts.count(Math.imul(host, 0x9e3779b1)));
  expect(new Set(numbers).size).toBe(5000);
  expect(Math.min(...numbers)).toBe(0);
});
