// Writes docs/compared.md: what lastack, tshark and tcptrace say of the captures in captures/compared.
//
//   npm run build && node scripts/compared.mjs > docs/compared.md
//
// tshark and tcptrace must be on the PATH.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { flows } from '../dist/index.js';

/** What happened in each capture. */
const CASES = {
  'syn-ack-unanswered': 'SYN, then SYN+ACK six times: the server is stuck in SYN_RECV',
  'handshake-acks-lost':
    'the client ACKs each repeated SYN+ACK, RST at the end: client ESTABLISHED, server in SYN_RECV until it gives up',
  'accept-queue-full': 'accept queue full: data and SYN+ACK repeated, then RST',
  'one-fin-only': "the server's FIN only, then the capture ends: the client is in CLOSE_WAIT",
  'close-wait-for-an-hour': 'FIN, one hour, FIN, RST: the server was in CLOSE_WAIT for an hour',
  'last-ack-lost': 'the last ACK is lost, FIN seven times: the server is stuck in LAST_ACK',
  'simultaneous-open': 'simultaneous open',
  'simultaneous-close': 'simultaneous close',
  'reset-challenged': 'RST in the window but not exact, answered by a challenge ACK: both still ESTABLISHED',
  'time-wait-refuses': 'SYN into TIME_WAIT, ACK, RST, SYN, SYN+ACK',
  'keepalive-death': 'keep-alive probes unanswered, RST after 7,875 s: the server is not told',
  'administratively-prohibited': 'SYN answered by ICMP administratively prohibited',
};

const INTRODUCTION = `# lastack, tshark and tcptrace on the same captures

Twelve short captures, each of one connection whose story is known, because a script wrote it
(\`test/compared/cases.ts\`, which also holds what is right). The cells are what the three programs printed:

- **lastack**: the states of both ends, in order, and the kinds of finding, most severe first. Several connections on
  the same ports are numbered.
- **tshark**: \`tcp.completeness\` of each \`tcp.stream\` as it prints it, read in two passes (\`-2\`), then its expert
  infos other than the plain "this is a SYN" (or SYN+ACK, FIN, RST), with how many frames have each.
- **tcptrace**: the mark it sets behind each connection of its list (none is \`-\`), and, of \`-l\`, the segments that it
  counts as retransmitted data, client / server.

To write this file again: \`npm run build && node scripts/compared.mjs > docs/compared.md\`. To write the captures again:
\`WRITE_CAPTURES=1 npx vitest run test/compared\`. The answers below are those of`;

/** Expert infos that say no more than a segment's flags. */
const PLAIN = /^(Connection (establish|finish|reset)|A new tcp session is started)/;

/**
 * @param {string} command
 * @param {string[]} args
 */
const run = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** @param {string} path */
async function lastack(path) {
  /** @type {string[]} */
  const told = [];
  for await (const flow of flows(path)) {
    const lines = /** @type {const} */ (['client', 'server']).map((side) => {
      const changes = flow.timeline.filter((t) => t.endpoint === side);
      return `${side}: ${[changes[0]?.from ?? flow[`${side}State`], ...changes.map((t) => t.to)].join(' → ')}`;
    });
    const kinds = flow.findings.map((f) => f.kind).join(', ') || 'nothing found';
    told.push([...lines, kinds].join('<br>'));
  }
  return numbered(told);
}

/** @param {string} path */
function tshark(path) {
  const details = run('tshark', '-2', '-r', path, '-Y', 'tcp', '-V');
  const completeness = new Map(
    [...details.matchAll(/\[Stream index: (\d+)\]\s+\[Conversation completeness: (.*)\]/g)].map((m) => [m[1], m[2]]),
  );
  const experts = run('tshark', '-2', '-r', path, '-T', 'fields', '-E', 'aggregator=|', '-e', '_ws.expert.message');
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const message of experts.split(/[\n|]/).map((m) => m.replace(/ \(#\d+\)$/, ''))) {
    if (message !== '' && !PLAIN.test(message)) counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  const infos = [...counts].map(([message, count]) => `${message} (${count})`);
  return [numbered([...completeness.values()]), ...infos].join('<br>');
}

/** @param {string} path */
function tcptrace(path) {
  const list = run('tcptrace', '-n', path).matchAll(/^ +\d+: .*<(.*)$/gm);
  const repeated = [...run('tcptrace', '-n', '-l', path).matchAll(/rexmt data pkts: +(\d+) +rexmt data pkts: +(\d+)/g)];
  return numbered(
    [...list].map((m, i) => {
      const [, a, b] = repeated[i];
      return `${m[1].trim().replace(/ +/g, ' ') || '-'}${a === '0' && b === '0' ? '' : `; retransmitted ${a} / ${b}`}`;
    }),
  );
}

/** @param {string[]} answers */
const numbered = (answers) =>
  answers.length === 1 ? answers[0] : answers.map((a, i) => `${i + 1}. ${a}`).join('<br>');

const versions = [
  `tshark ${/\(Wireshark\) ([\d.]+)/.exec(run('tshark', '--version'))?.[1]}`,
  `tcptrace ${/version ([\d.]+)/.exec(run('tcptrace', fileURLToPath(captureOf('simultaneous-open'))))?.[1]}`,
];

/** @param {string} name */
function captureOf(name) {
  return new URL(`../captures/compared/${name}.pcap`, import.meta.url);
}

const rows = await Promise.all(
  Object.entries(CASES).map(async ([name, title]) => {
    const path = fileURLToPath(captureOf(name));
    const answers = [await lastack(path), tshark(path), tcptrace(path)].map((cell) => cell.replaceAll('|', '\\|'));
    return `| ${title} ([${name}.pcap](../captures/compared/${name}.pcap)) | ${answers.join(' | ')} |`;
  }),
);
process.stdout.write(`${INTRODUCTION}
lastack at this commit, ${versions.join(' and ')}.

| what happened | lastack | tshark | tcptrace |
| --- | --- | --- | --- |
${rows.join('\n')}
`);
