import { expect, test } from 'vitest';
import { communityId } from '../../src/report/community-id.js';

const id = (a: string, aPort: number, b: string, bPort: number): string =>
  communityId({ address: a, port: aPort }, { address: b, port: bPort });

// An example of the specification, seed 0.
test('IPv4, both ways', () => {
  expect(id('128.232.110.120', 34_855, '66.35.250.204', 80)).toBe('1:LQU9qZlK+B5F3KDmev6m5PMibrg=');
  expect(id('66.35.250.204', 80, '128.232.110.120', 34_855)).toBe('1:LQU9qZlK+B5F3KDmev6m5PMibrg=');
});

// As Wireshark's Community ID dissector has it for flow 3 of captures/soak.pcap.
test('IPv6', () => {
  expect(id('fd17:72::24', 49_876, 'fd18:72::53', 22)).toBe('1:mwVpkcgVLZekrrcoKD7gq4JIDi0=');
});
