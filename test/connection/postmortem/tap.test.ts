import { expect, it } from 'vitest';
import { tapOf } from '../../../src/connection/postmortem/tap.js';

const ms = (value: number | null): number | null => value && value * 1e6;

it.each([
  // Tens of microseconds are a host's own stack.
  [0.05, 20, 'client'],
  [20, 0.05, 'server'],
  [0.05, null, 'client'],
  [null, 0.05, 'server'],
  // One that is far away, alone, tells nothing: the other end may be as far.
  [8, null, 'unknown'],
  [null, 12, 'unknown'],
  [null, null, 'unknown'],
  [8, 12, 'middle'],
  [12, 8, 'middle'],
  // A gateway next to a host is as good as the host.
  [1, 80, 'client'],
  [80, 1, 'server'],
  [1, 10, 'client'],
  [10, 1, 'server'],
  [1, 9.9, 'middle'],
  [9.9, 1, 'middle'],
  // Over loopback, or between two guests of one host, the nearer one.
  [0.02, 0.04, 'client'],
  [0.04, 0.02, 'server'],
  // More than a stack takes.
  [0.299, 0.4, 'client'],
  [0.3, 0.4, 'middle'],
  [0.299, null, 'client'],
  [0.3, null, 'unknown'],
  [null, 0.3, 'unknown'],
] as const)('%d ms to the client and back, %d ms to the server and back: %s', (client, server, tap) => {
  expect(tapOf(ms(client), ms(server))).toBe(tap);
});
