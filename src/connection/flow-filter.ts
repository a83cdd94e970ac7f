import { type EndTest, OPERANDS, type OperandType } from './filter-operand.js';
import type { Endpoint } from './model.js';

export interface FlowEnds {
  readonly client: Endpoint;
  readonly server: Endpoint;
}

export type FlowFilter = (flow: FlowEnds) => boolean;

/** A filter that cannot be understood: where, what was expected, what was found. */
export class FilterError extends Error {
  override readonly name = 'FilterError';

  constructor(
    readonly filter: string,
    /** Of the first character that does not fit, from 1. */
    readonly column: number,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`column ${column}: expected ${expected}, found ${found}`);
  }
}

/**
 * Reads a filter in the words of tcpdump (pcap-filter(7)), to be applied to whole connections:
 * `host`, `net`, `port` and `portrange`, each with `src`, `dst`, `src or dst` (the default) or `src and dst` before it;
 * `tcp`, `ip` and `ip6`, alone or before those; `and`, `or`, `not`, their signs, and parentheses. As in tcpdump, `and`
 * and `or` have equal precedence, and an operand without qualifiers takes over those before it: `port 80 or 443`.
 *
 * A connection has two directions. `src` means its client, the end that opened it, and `dst` its server.
 *
 * An empty filter holds for every flow. Names of hosts and services are not looked up.
 * @throws {FilterError}
 */
export function parseFlowFilter(text: string): FlowFilter {
  return new Parser(text).parse();
}

type Direction = 'src' | 'dst' | 'src or dst' | 'src and dst';
type Protocol = 'tcp' | 'ip' | 'ip6';

interface Qualifiers {
  readonly protocol: Protocol | null;
  readonly direction: Direction;
  readonly type: OperandType;
}

const AND = ['and', '&&'];
const OR = ['or', '||'];
const NOT = ['not', '!'];
const PROTOCOLS = ['tcp', 'ip', 'ip6'] as const;
const PORT_TYPES = ['port', 'portrange'] as const;
const ADDRESS_TYPES = ['host', 'net'] as const;

const TERM = "'host', 'net', 'port', 'portrange', 'src', 'dst', 'tcp', 'ip', 'ip6', 'not' or '('";

/** Keeps a filter of nothing but parentheses from exhausting the stack. */
const MAX_DEPTH = 100;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly { readonly text: string; readonly column: number }[];
  #next = 0;
  #depth = 0;
  /** What an operand without qualifiers takes over. */
  #qualifiers: Qualifiers | null = null;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = [...text.matchAll(/&&|\|\||[()!&|]|[^\s()!&|]+/g)].map((match) => ({
      text: match[0],
      column: match.index + 1,
    }));
  }

  parse(): FlowFilter {
    if (this.#tokens.length === 0) return () => true;
    const filter = this.#expression();
    if (this.#peek() !== null) throw this.#error("'and', 'or' or the end");
    return filter;
  }

  #expression(): FlowFilter {
    const first = this.#term();
    const rest: { readonly and: boolean; readonly holds: FlowFilter }[] = [];
    for (;;) {
      const and = this.#take(AND) !== null;
      if (!and && this.#take(OR) === null) break;
      rest.push({ and, holds: this.#term() });
    }
    return (flow) =>
      rest.reduce((held, { and, holds }) => (and ? held && holds(flow) : held || holds(flow)), first(flow));
  }

  #term(): FlowFilter {
    let negated = false;
    while (this.#take(NOT) !== null) negated = !negated;
    const holds = this.#primitive();
    return negated ? (flow) => !holds(flow) : holds;
  }

  #primitive(): FlowFilter {
    if (this.#peek() === '(') return this.#group();
    const protocol = this.#take(PROTOCOLS);
    const direction = this.#direction();
    const type =
      this.#take(protocol === 'tcp' ? PORT_TYPES : ADDRESS_TYPES) ??
      (protocol === null ? this.#take(PORT_TYPES) : null);
    if (type === null && direction === null) {
      return protocol === null ? this.#bareOperand() : this.#protocol(protocol);
    }
    if (type === null && protocol === 'tcp') throw this.#error("'port' or 'portrange'");
    const qualifiers: Qualifiers = { protocol, direction: direction ?? 'src or dst', type: type ?? 'host' };
    this.#qualifiers = qualifiers;
    return this.#peek() === '(' ? this.#group() : this.#operand(qualifiers, expectation(qualifiers));
  }

  #protocol(protocol: Protocol): FlowFilter {
    this.#qualifiers = null;
    return protocol === 'tcp' ? () => true : ({ client }) => !isOfOtherProtocol(client.address, protocol);
  }

  #bareOperand(): FlowFilter {
    if (this.#qualifiers === null) throw this.#error(TERM);
    return this.#operand(this.#qualifiers, `${expectation(this.#qualifiers)}, or ${TERM}`);
  }

  #operand({ protocol, direction, type }: Qualifiers, expected: string): FlowFilter {
    const text = this.#peek();
    const test = text === null || isOfOtherProtocol(text, protocol) ? null : OPERANDS[type].read(text);
    if (test === null) throw this.#error(expected);
    this.#next++;
    return between(direction, test);
  }

  /** What stands in parentheses begins with the qualifiers before it, and changes them for itself only. */
  #group(): FlowFilter {
    if (this.#depth === MAX_DEPTH) throw this.#error(`at most ${MAX_DEPTH} parentheses inside each other`);
    const outside = this.#qualifiers;
    this.#depth++;
    this.#next++;
    const filter = this.#expression();
    if (this.#take([')']) === null) throw this.#error("'and', 'or' or ')'");
    this.#depth--;
    this.#qualifiers = outside;
    return filter;
  }

  #direction(): Direction | null {
    const first = this.#take(['src', 'dst']);
    if (first === null || this.#peek(1) !== (first === 'src' ? 'dst' : 'src')) return first;
    const joined = this.#take(OR) ? 'src or dst' : this.#take(AND) ? 'src and dst' : null;
    if (joined !== null) this.#next++;
    return joined ?? first;
  }

  #peek(ahead = 0): string | null {
    return this.#tokens[this.#next + ahead]?.text ?? null;
  }

  /** The next word, if it is one of these. */
  #take<W extends string>(words: readonly W[]): W | null {
    const found = words.find((word) => word === this.#peek());
    if (found === undefined) return null;
    this.#next++;
    return found;
  }

  #error(expected: string): FilterError {
    const token = this.#tokens[this.#next];
    return token === undefined
      ? new FilterError(this.#text, this.#text.length + 1, expected, 'the end')
      : new FilterError(this.#text, token.column, expected, `'${token.text}'`);
  }
}

function between(direction: Direction, test: EndTest): FlowFilter {
  switch (direction) {
    case 'src':
      return ({ client }) => test(client);
    case 'dst':
      return ({ server }) => test(server);
    case 'src or dst':
      return ({ client, server }) => test(client) || test(server);
    case 'src and dst':
      return ({ client, server }) => test(client) && test(server);
  }
}

function expectation({ protocol, type }: Qualifiers): string {
  const version = protocol === 'ip' ? ' of IPv4' : protocol === 'ip6' ? ' of IPv6' : '';
  return OPERANDS[type].expected + version;
}

/** Whether `ip` stands before an IPv6 address, or `ip6` before one of IPv4: nothing could match. */
function isOfOtherProtocol(address: string, protocol: Protocol | null): boolean {
  return (protocol === 'ip' || protocol === 'ip6') && address.includes(':') !== (protocol === 'ip6');
}
