import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import mermaid from 'mermaid';
import { expect, test } from 'vitest';
import { type Flow, flows } from '../../../src/index.js';
import { MERMAID_HEADER, mermaidLines } from '../../../src/report/export/mermaid.js';
import { rstAfterRetries } from '../../support/flows.js';

const CAPTURES = join(import.meta.dirname, '../../../captures');
const NAMES = readdirSync(CAPTURES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'));

/** What Mermaid makes of a sequence diagram. */
interface Sequence {
  /** Arrows and notes. */
  getMessages(): readonly { readonly message: string }[];
  getActors(): ReadonlyMap<string, unknown>;
}

// Makes the kinds of diagrams known.
mermaid.initialize({});

async function sequenceOf(text: string): Promise<Sequence> {
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  return db as unknown as Sequence;
}

/** Mermaid keeps entities under signs of its own until it draws. */
const withEntities = (text: string): string =>
  text.replaceAll('\u{fb02}\u{b0}\u{b0}', '#').replaceAll('\u{b6}\u{df}', ';');

test("Mermaid's own parser takes every connection of the captures, each line as one statement", async () => {
  // Mermaid takes its time: a connection whose text differs from another's in digits only is parsed once.
  const shapes = new Set<string>();
  let text = MERMAID_HEADER;
  for (const name of NAMES) {
    for await (const flow of flows(join(CAPTURES, name), { detail: 'full' })) {
      const own = mermaidLines({ ...flow, flow: shapes.size + 1 });
      const shape = own.replaceAll(/\d+/g, '0');
      if (shapes.has(shape)) continue;
      shapes.add(shape);
      text += own;
    }
  }
  expect(shapes.size).toBeGreaterThan(150);
  const diagram = await sequenceOf(text);
  const lines = text.trimEnd().split('\n').slice(1);
  expect(diagram.getActors().size).toBe(2 * shapes.size);
  const said = lines
    .filter((line) => !line.startsWith('    participant'))
    .map((line) => line.split(': ').slice(1).join(': '));
  expect(diagram.getMessages().map(({ message }) => withEntities(message))).toEqual(said);
});

test('a connection as a diagram', () => {
  expect(mermaidLines(rstAfterRetries()).split('\n').slice(0, 9)).toEqual([
    '    participant C7 as client 10.0.1.9:57469 (flow 7)',
    '    participant S7 as server 10.0.3.7:5432 (flow 7)',
    '    Note over C7: CLOSED',
    '    Note over S7: LISTEN',
    '    C7->>S7: 0.000000 SYN seq 0',
    '    Note over C7: SYN_SENT',
    '    Note over S7: SYN_RECV',
    '    S7->>C7: 0.020144 SYN ACK seq 0 ack 1',
    '    Note over C7: ESTABLISHED',
  ]);
  expect(mermaidLines(rstAfterRetries())).toContain('    C7-xS7: 0.020272 ACK ack 1\n');
});

test.each([
  ['a; b #1 %%{init} <b>', 'a#59; b #35;1 #37;#37;#123;init#125; #60;b#62;'],
  ['%%{init: {"theme": "dark"}}%% x', '#37;#37;#123;init: #123;#34;theme#34;: #34;dark#34;#125;#125;#37;#37; x'],
  ['x\nC7->>S7: injected', 'x#92;x0aC7-#62;#62;S7: injected'],
  ['end', 'end'],
])('%j, which would be syntax, is said and not done', async (message, escaped) => {
  const { findings, ...rest } = rstAfterRetries();
  const flow: Flow = { ...rest, findings: findings.map((finding) => ({ ...finding, message })) };
  const text = MERMAID_HEADER + mermaidLines(flow);
  await expect(mermaid.parse(text)).resolves.toMatchObject({ diagramType: 'sequence', config: {} });
  const messages = (await sequenceOf(text)).getMessages();
  const plain = (await sequenceOf(MERMAID_HEADER + mermaidLines(rstAfterRetries()))).getMessages();
  expect(messages).toHaveLength(plain.length);
  expect(messages.map((one) => withEntities(one.message))).toContainEqual(expect.stringContaining(escaped));
});
