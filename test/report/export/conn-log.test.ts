import { expect, test } from 'vitest';
import { connLogFooter, connLogHeader, connLogJson, connLogRow } from '../../../src/report/export/zeek/conn-log.js';
import { OPENED, zeekOf } from './zeek-story.js';

const COLUMNS =
  'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents community_id';

const refused = zeekOf([
  ['o', 'S'],
  ['r', 'RA', { seq: 0 }],
]);

test('the header says what the columns are', () => {
  const lines = connLogHeader(new Date(0)).trimEnd().split('\n');
  expect(lines.slice(0, 6)).toEqual([
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    '#path\tconn',
    '#open\t1970-01-01-00-00-00',
  ]);
  expect(lines[6].split('\t')).toEqual(['#fields', ...COLUMNS.split(' ')]);
  expect(lines[7].split('\t')).toHaveLength(lines[6].split('\t').length);
  expect(connLogFooter(new Date(0))).toBe('#close\t1970-01-01-00-00-00\n');
});

test('a line', async () => {
  const cells = connLogRow(await refused)
    .trimEnd()
    .split('\t');
  const row = Object.fromEntries(COLUMNS.split(' ').map((name, index) => [name, cells[index]]));
  expect(row).toEqual({
    ts: '1795176000.000000',
    uid: expect.stringMatching(/^C[0-9A-Za-z]{17}$/),
    'id.orig_h': '10.0.0.1',
    'id.orig_p': '40112',
    'id.resp_h': '10.0.0.2',
    'id.resp_p': '9999',
    proto: 'tcp',
    service: '-',
    duration: '0.001000',
    orig_bytes: '0',
    resp_bytes: '0',
    conn_state: 'REJ',
    local_orig: '-',
    local_resp: '-',
    missed_bytes: '0',
    history: 'Sr',
    orig_pkts: '1',
    orig_ip_bytes: '40',
    resp_pkts: '1',
    resp_ip_bytes: '40',
    tunnel_parents: '-',
    community_id: expect.stringMatching(/^1:/),
  });
});

test('as JSON: numbers are numbers, and what is unset is left out', async () => {
  const json = JSON.parse(connLogJson(await refused));
  expect(json).toMatchObject({
    ts: 1_795_176_000,
    'id.orig_p': 40_112,
    duration: 0.001,
    conn_state: 'REJ',
    orig_bytes: 0,
  });
  expect(Object.keys(json)).not.toContain('service');
});

test('what lasts no time has neither duration nor sizes', async () => {
  const json = JSON.parse(connLogJson(await zeekOf([OPENED[0]])));
  expect(Object.keys(json)).not.toEqual(expect.arrayContaining(['duration']));
  expect(json).toMatchObject({ conn_state: 'S0', orig_pkts: 1 });
  expect(json).not.toHaveProperty('orig_bytes');
});
