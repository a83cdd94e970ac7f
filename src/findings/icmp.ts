/** Destination unreachable codes: RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
const UNREACHABLE: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  5: 'source route failed',
  6: 'network unknown',
  7: 'host unknown',
  9: 'network administratively prohibited',
  10: 'host administratively prohibited',
  13: 'communication administratively prohibited',
};

/** RFC 4443, section 3.1. */
const UNREACHABLE6: Readonly<Record<number, string>> = {
  0: 'no route to destination',
  1: 'communication administratively prohibited',
  2: 'beyond scope of source address',
  3: 'address unreachable',
  4: 'port unreachable',
  5: 'source address failed policy',
  6: 'reject route to destination',
};

export function icmpText(error: { readonly type: number; readonly code: number; readonly ipVersion: 4 | 6 }): string {
  const { type, code, ipVersion } = error;
  const name = ipVersion === 4 ? 'ICMP' : 'ICMPv6';
  if (ipVersion === 4 && type === 3) return `${name} ${UNREACHABLE[code] ?? `unreachable, code ${code}`}`;
  if (ipVersion === 6 && type === 1) return `${name} ${UNREACHABLE6[code] ?? `unreachable, code ${code}`}`;
  if (type === (ipVersion === 4 ? 11 : 3)) return `${name} time exceeded`;
  return `${name} type ${type}, code ${code}`;
}
