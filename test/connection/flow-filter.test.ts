import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterError, type FlowEnds, parseFlowFilter } from '../../src/connection/flow-filter.js';

const flow = (client: string, clientPort: number, server: string, serverPort: number): FlowEnds => ({
  client: { address: client, port: clientPort },
  server: { address: server, port: serverPort },
});

const FLOWS = {
  web: flow('10.0.0.1', 40112, '192.168.1.9', 80),
  tls: flow('10.0.0.1', 40113, '192.168.1.9', 443),
  back: flow('192.168.1.9', 50000, '10.0.0.1', 8080),
  peer: flow('10.0.0.1', 179, '10.0.0.2', 179),
  six: flow('2001:db8::1', 40112, 'fe80::1', 80),
};

const names = (filter: string) => {
  const holds = parseFlowFilter(filter);
  return Object.entries(FLOWS).flatMap(([name, ends]) => (holds(ends) ? [name] : []));
};

describe('parseFlowFilter', () => {
  it.each([
    ['', ['web', 'tls', 'back', 'peer', 'six']],
    ['  ', ['web', 'tls', 'back', 'peer', 'six']],

    ['host 192.168.1.9', ['web', 'tls', 'back']],
    ['src host 192.168.1.9', ['back']],
    ['dst host 192.168.1.9', ['web', 'tls']],
    ['src 192.168.1.9', ['back']],
    ['src and dst host 10.0.0.1', []],
    ['src or dst host 192.168.1.9', ['web', 'tls', 'back']],
    ['dst or src 192.168.1.9', ['web', 'tls', 'back']],
    ['host fe80:0:0::1', ['six']],

    ['net 10.0.0.0/8', ['web', 'tls', 'back', 'peer']],
    ['net 10.0.0.2/31', ['peer']],
    ['net 10.0.0.2', ['peer']],
    ['net 192.168', ['web', 'tls', 'back']],
    ['net 10', ['web', 'tls', 'back', 'peer']],
    ['src and dst net 10.0.0.0/24', ['peer']],
    ['net 0.0.0.0/0', ['web', 'tls', 'back', 'peer']],
    ['net 2001:db8::/32', ['six']],
    ['net 2001:db8::1', ['six']],
    ['net fe80::/10', ['six']],
    ['net 2001:db8::2/127', []],
    ['net ::/0', ['six']],

    ['port 80', ['web', 'six']],
    ['src port 179', ['peer']],
    ['src and dst port 179', ['peer']],
    ['dst port 40112', []],
    ['tcp port 443', ['tls']],
    ['tcp dst port 443', ['tls']],
    ['portrange 80-443', ['web', 'tls', 'peer', 'six']],
    ['portrange 443-80', ['web', 'tls', 'peer', 'six']],
    ['dst portrange 8080', ['back']],
    ['portrange 0-65535', ['web', 'tls', 'back', 'peer', 'six']],

    ['tcp', ['web', 'tls', 'back', 'peer', 'six']],
    ['ip', ['web', 'tls', 'back', 'peer']],
    ['ip6', ['six']],
    ['ip host 10.0.0.2', ['peer']],
    ['ip6 dst net fe80::/10', ['six']],

    ['port 80 or 443', ['web', 'tls', 'six']],
    ['port 80 || 443', ['web', 'tls', 'six']],
    ['port 80||443', ['web', 'tls', 'six']],
    ['host 192.168.1.9 and port 80', ['web']],
    ['host 192.168.1.9&&port 80', ['web']],
    ['not host 192.168.1.9', ['peer', 'six']],
    ['!host 192.168.1.9', ['peer', 'six']],
    ['not not port 80', ['web', 'six']],
    ['host 10.0.0.1 and not 10.0.0.2', ['web', 'tls', 'back']],
    ['host (10.0.0.2 or fe80::1)', ['peer', 'six']],
    ['src host 192.168.1.9 or fe80::1', ['back']],
    ['dst port (80 or 443) and not ip6', ['web', 'tls']],
    ['port 8080 or (80 or 443) and ip', ['web', 'tls', 'back']],
    // `not` binds more tightly than `and`, and reaches over parentheses.
    ['not port 80 and ip6', []],
    ['not (port 80 and ip6)', ['web', 'tls', 'back', 'peer']],
    // Equal precedence, from the left: (ip6 or port 443) and ip.
    ['ip6 or port 443 and ip', ['tls']],
    ['ip6 or (port 443 and ip)', ['tls', 'six']],
    // Parentheses change the qualifiers for themselves only.
    ['port 8080 or (src host 2001:db8::1) or 443', ['tls', 'back', 'six']],
  ])('%j holds for %j', (filter, expected) => {
    expect(names(filter)).toEqual(expected);
  });

  const TERM = "'host', 'net', 'port', 'portrange', 'src', 'dst', 'tcp', 'ip', 'ip6', 'not' or '('";
  it.each([
    ['host )', 6, 'an address', "')'"],
    ['host', 5, 'an address', 'the end'],
    ['host example.com', 6, 'an address', "'example.com'"],
    ['host 10.0.0.0/8', 6, 'an address', "'10.0.0.0/8'"],
    ['ip host ::1', 9, 'an address of IPv4', "'::1'"],
    ['ip6 host 10.0.0.1', 10, 'an address of IPv6', "'10.0.0.1'"],
    ['net 10.1.2.3/8', 5, 'a network with its prefix, and no bit set beyond it', "'10.1.2.3/8'"],
    ['net 2001:db8::1/64', 5, 'a network with its prefix, and no bit set beyond it', "'2001:db8::1/64'"],
    ['net 10.0.0.0/33', 5, 'a network with its prefix, and no bit set beyond it', "'10.0.0.0/33'"],
    ['net ::/129', 5, 'a network with its prefix, and no bit set beyond it', "'::/129'"],
    ['net 10.0.0.0/', 5, 'a network with its prefix, and no bit set beyond it', "'10.0.0.0/'"],
    ['net 10.0.0.0/8/8', 5, 'a network with its prefix, and no bit set beyond it', "'10.0.0.0/8/8'"],
    ['net 10.0.0.0.0', 5, 'a network with its prefix, and no bit set beyond it', "'10.0.0.0.0'"],
    ['port http', 6, 'a port number', "'http'"],
    ['port 65536', 6, 'a port number', "'65536'"],
    ['portrange 1-2-3', 11, 'a range of ports such as 8000-8080', "'1-2-3'"],
    ['portrange 80-', 11, 'a range of ports such as 8000-8080', "'80-'"],
    ['tcp src 10.0.0.1', 9, "'port' or 'portrange'", "'10.0.0.1'"],
    ['tcp host 10.0.0.1', 5, "'and', 'or' or the end", "'host'"],
    ['ip port 80', 4, "'and', 'or' or the end", "'port'"],
    ['port 80 port 443', 9, "'and', 'or' or the end", "'port'"],
    ['port 80)', 8, "'and', 'or' or the end", "')'"],
    ['(port 80', 9, "'and', 'or' or ')'", 'the end'],
    ['udp', 1, TERM, "'udp'"],
    ['HOST 10.0.0.1', 1, TERM, "'HOST'"],
    ['10.0.0.1', 1, TERM, "'10.0.0.1'"],
    ['()', 2, TERM, "')'"],
    ['port 80 and', 12, `a port number, or ${TERM}`, 'the end'],
    ['port 80 or udp', 12, `a port number, or ${TERM}`, "'udp'"],
    ['port 80 & 443', 9, "'and', 'or' or the end", "'&'"],
    ['tcp and 80', 9, TERM, "'80'"],
    ['port 80 and tcp or 443', 20, TERM, "'443'"],
  ])('%j: column %d: expected %s, found %s', (filter, column, expected, found) => {
    const parse = () => parseFlowFilter(filter);
    expect(parse).toThrow(FilterError);
    expect(parse).toThrow(expect.objectContaining({ filter, column, expected, found }));
    expect(parse).toThrow(`column ${column}: expected ${expected}, found ${found}`);
  });

  it('does not exhaust the stack', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}port 80${')'.repeat(depth)}`;
    expect(names(nested(100))).toEqual(['web', 'six']);
    expect(() => parseFlowFilter(nested(101))).toThrow('column 101: expected at most 100 parentheses');
    expect(() => parseFlowFilter(nested(1e5))).toThrow(FilterError);
    expect(names(`${'not '.repeat(1e5)}port 80`)).toEqual(['web', 'six']);
    expect(names(`port 1${' or 80'.repeat(1e5)}`)).toEqual(['web', 'six']);
  });
});

describe('any filter', () => {
  const word = fc.constantFrom(
    ...['and', 'or', 'not', '&&', '||', '!', '(', ')', 'src', 'dst', 'host', 'net', 'port', 'portrange', 'tcp', 'ip'],
    ...['ip6', '80', '10.0.0.1', '10.0.0.0/8', '::1', '1-2', '&', 'x'],
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(word).map((words) => words.join(' ')),
  );

  it('is read, or refused with the place', () => {
    fc.assert(
      fc.property(text, (filter) => {
        try {
          expect(typeof parseFlowFilter(filter)(FLOWS.web)).toBe('boolean');
        } catch (error) {
          if (!(error instanceof FilterError)) throw error;
          expect(error.column).toBeGreaterThanOrEqual(1);
          expect(error.column).toBeLessThanOrEqual(filter.length + 1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  const primitive = fc.constantFrom(
    ...['host 10.0.0.1', 'src 192.168.1.9', 'port 80', 'net 10', 'ip6', 'tcp', 'dst port 443', 'portrange 1-179'],
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small' },
      primitive,
      tie('expression').map((inner) => `not (${inner})`),
      fc
        .tuple(tie('expression'), fc.constantFrom('and', 'or'), tie('expression'))
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    ),
  }));

  it("obeys De Morgan's laws", () => {
    fc.assert(
      fc.property(expression, expression, (a, b) => {
        expect(names(`not ((${a}) and (${b}))`)).toEqual(names(`not (${a}) or not (${b})`));
        expect(names(`not ((${a}) or (${b}))`)).toEqual(names(`not (${a}) and not (${b})`));
      }),
    );
  });

  it('selects what its negation leaves out', () => {
    fc.assert(
      fc.property(expression, (filter) => {
        const selected = names(filter);
        expect(names(`not (${filter})`)).toEqual(Object.keys(FLOWS).filter((name) => !selected.includes(name)));
      }),
    );
  });
});
