import { describe, expect, it } from 'vitest';
import {
  hostProfile,
  orphanTimeout,
  PROFILE_NAMES,
  parseSysctl,
  retransmissionTimeout,
  SysctlError,
  synAckSchedule,
  synSchedule,
} from '../../src/connection/profile.js';

const linuxWith = (...lines: string[]) => hostProfile('linux', parseSysctl(lines.join('\n'), 'host.txt'));

describe('synSchedule', () => {
  it.each([
    {
      // Captured on Linux 6.18 with its defaults: eleven SYNs, ETIMEDOUT after 131 s and the timers' slack.
      host: 'Linux since 6.5',
      profile: hostProfile('linux'),
      sends: [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67],
      givesUpAt: 131,
    },
    {
      // Documentation/networking/ip-sysctl.rst, tcp_syn_retries: 63 seconds till the last, 127 till the end.
      host: 'Linux before 6.5',
      profile: linuxWith('net.ipv4.tcp_syn_linear_timeouts = 0'),
      sends: [0, 1, 3, 7, 15, 31, 63],
      givesUpAt: 127,
    },
    {
      host: 'Linux with two retries, all of them after one linear one',
      profile: linuxWith('net.ipv4.tcp_syn_linear_timeouts = 1', 'net.ipv4.tcp_syn_retries = 2'),
      sends: [0, 1, 2, 4],
      givesUpAt: 8,
    },
    {
      host: 'Linux with the back-off capped at 4 s',
      profile: linuxWith('net.ipv4.tcp_syn_linear_timeouts = 0', 'net.ipv4.tcp_rto_max_ms = 4000'),
      sends: [0, 1, 3, 7, 11, 15, 19],
      givesUpAt: 23,
    },
    {
      // Microsoft: 3 + 6 + 12 = 21 seconds.
      host: 'Windows',
      profile: hostProfile('windows'),
      sends: [0, 3, 9],
      givesUpAt: 21,
    },
  ])('$host', ({ profile, sends, givesUpAt }) => {
    expect(synSchedule(profile)).toEqual({ sends, givesUpAt });
  });

  it('keeps trying for the 3 minutes that RFC 9293, section 3.8.3, asks for, and no retry longer', () => {
    const { sends, givesUpAt } = synSchedule(hostProfile('rfc9293'));
    expect(givesUpAt).toBeGreaterThanOrEqual(180);
    expect(sends.at(-1)).toBeLessThan(180);
  });
});

describe('synAckSchedule', () => {
  it('knows no linear timeouts', () => {
    expect(synAckSchedule(hostProfile('linux'))).toEqual({ sends: [0, 1, 3, 7, 15, 31], givesUpAt: 63 });
  });

  it('ends after the first timer where nothing is repeated', () => {
    expect(synAckSchedule(linuxWith('net.ipv4.tcp_synack_retries = 0'))).toEqual({ sends: [0], givesUpAt: 1 });
  });
});

describe('orphanTimeout', () => {
  it.each([
    // (2^9 - 1) x 0.2 s: the "more than 100 seconds" of tcp_orphan_retries().
    ['0', 102.2],
    ['8', 102.2],
    ['1', 0.6],
    ['3', 3],
    // 2^9 x 0.2 s is the last doubling under 120 s; the tenth and eleventh retransmission wait 120 s each.
    ['11', 204.6 + 240],
  ])('tcp_orphan_retries %s', (retries, seconds) => {
    expect(orphanTimeout(linuxWith(`net.ipv4.tcp_orphan_retries = ${retries}`))).toBeCloseTo(seconds, 9);
  });

  it('is modelled with the RTO_MIN that Linux compiles in, whatever tcp_rto_min_us says', () => {
    expect(orphanTimeout(linuxWith('net.ipv4.tcp_rto_min_us = 5000'))).toBeCloseTo(102.2, 9);
  });
});

describe('retransmissionTimeout', () => {
  it('is the 924.6 seconds of Documentation/networking/ip-sysctl.rst, tcp_retries2', () => {
    expect(retransmissionTimeout(hostProfile('linux'))).toBeCloseTo(924.6, 9);
  });

  it('shrinks with the cap of the back-off', () => {
    // 2^5 x 0.2 s is the last doubling under 10 s: 63 x 0.2 s, then ten times 10 s.
    expect(retransmissionTimeout(linuxWith('net.ipv4.tcp_rto_max_ms = 10000'))).toBeCloseTo(112.6, 9);
  });

  it('reaches the 100 seconds that RFC 9293, section 3.8.3, asks for, with the fewest retransmissions', () => {
    const profile = hostProfile('rfc9293');
    expect(retransmissionTimeout(profile)).toBeGreaterThanOrEqual(100);
    expect(retransmissionTimeout({ ...profile, retries2: profile.retries2 - 1 })).toBeLessThan(100);
  });
});

describe('hostProfile', () => {
  it.each([
    ['linux', 60, 60],
    ['rfc9293', 240, Infinity],
    ['windows', 120, 120],
  ] as const)('%s stays in TIME_WAIT for %d s, in an orphaned FIN_WAIT2 for %d s', (name, timeWait, finTimeout) => {
    expect(hostProfile(name)).toMatchObject({ name, timeWait, finTimeout });
  });

  it.each(PROFILE_NAMES)('%s knows nothing of the host without its settings', (name) => {
    expect(hostProfile(name).known).toEqual(new Set());
  });

  it('takes the settings of the host, in seconds, and says which', () => {
    const profile = linuxWith(
      'net.ipv4.tcp_rto_min_us = 5000',
      'net.ipv4.tcp_rto_max_ms = 1000',
      'net.ipv4.tcp_abort_on_overflow = 1',
      'net.ipv4.tcp_rfc1337 = 1',
      'net.ipv4.tcp_fin_timeout = 15',
    );
    expect(profile).toMatchObject({ minRto: 0.005, maxRto: 1, abortOnOverflow: true, rfc1337: true, finTimeout: 15 });
    expect(profile.known).toEqual(
      new Set(['tcp_rto_min_us', 'tcp_rto_max_ms', 'tcp_abort_on_overflow', 'tcp_rfc1337', 'tcp_fin_timeout']),
    );
  });

  it('leaves TIME_WAIT alone when tcp_fin_timeout changes', () => {
    expect(linuxWith('net.ipv4.tcp_fin_timeout = 15').timeWait).toBe(60);
  });

  it.each([
    ['2147483647', Infinity],
    ['1000', 1000],
  ])('reads tcp_challenge_ack_limit %s as %d a second', (limit, expected) => {
    expect(linuxWith(`net.ipv4.tcp_challenge_ack_limit = ${limit}`).challengeAckLimit).toBe(expected);
  });

  it('refuses a value that no setting can have, wherever it came from', () => {
    expect(() => hostProfile('linux', new Map([['net.ipv4.tcp_fin_timeout', 'soon']]))).toThrow(
      "net.ipv4.tcp_fin_timeout: expected a whole number from 0 to 2147483647, found 'soon'",
    );
  });
});

describe('parseSysctl', () => {
  it.each([
    ['as sysctl -a prints it', 'net.ipv4.tcp_fin_timeout = 30'],
    ['with slashes', 'net/ipv4/tcp_fin_timeout = 30'],
    ['without spaces', 'net.ipv4.tcp_fin_timeout=30'],
    ['indented, with the line end of Windows', '  net.ipv4.tcp_fin_timeout = 30\r'],
    ['twice, the last one counting', 'net.ipv4.tcp_fin_timeout = 60\nnet.ipv4.tcp_fin_timeout = 30'],
  ])('reads a setting %s', (_, text) => {
    expect(parseSysctl(text, 'host.txt')).toEqual(new Map([['net.ipv4.tcp_fin_timeout', '30']]));
  });

  it.each([
    'net.ipv4.tcp_rmem = 4096\t131072\t33554432',
    'kernel.hostname = tcp_fin_timeout',
    "sysctl: permission denied on key 'net.ipv4.tcp_fastopen_key'",
    '# net.ipv4.tcp_fin_timeout = 30',
    'net.ipv4.tcp_fin_timeout',
    '',
  ])('passes over %j', (line) => {
    expect(parseSysctl(line, 'host.txt').size).toBe(0);
  });

  it.each([
    ['net.ipv4.tcp_fin_timeout = 60s', '60s', 'a whole number from 0 to 2147483647'],
    ['net.ipv4.tcp_fin_timeout = -1', '-1', 'a whole number from 0 to 2147483647'],
    ['net.ipv4.tcp_fin_timeout =', '', 'a whole number from 0 to 2147483647'],
    ['net.ipv4.tcp_retries2 = 1.5', '1.5', 'a whole number from 0 to 255'],
    ['net.ipv4.tcp_retries2 = 256', '256', 'a whole number from 0 to 255'],
    ['net.ipv4.tcp_syn_retries = 0', '0', 'a whole number from 1 to 127'],
  ])('refuses %j', (line, found, expected) => {
    const read = () => parseSysctl(`kernel.ostype = Linux\n${line}\n`, 'host.txt');
    expect(read).toThrow(SysctlError);
    expect(read).toThrow(expect.objectContaining({ file: 'host.txt', line: 2, found, expected }));
    expect(read).toThrow(/^host\.txt: line 2: net\.ipv4\.tcp_/);
  });
});
