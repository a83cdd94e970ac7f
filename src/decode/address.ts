/** An IP address as `Segment` holds it: four 32-bit words in host order, signed; IPv4 in the last one, the others 0. */
export interface Address {
  readonly ipVersion: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** The address as text: dotted IPv4; IPv6 as RFC 5952 recommends, IPv4-mapped ones with their IPv4 part dotted. */
export function formatAddress(ipVersion: number, w0: number, w1: number, w2: number, w3: number): string {
  if (ipVersion === 4) return formatIpv4(w3);
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${formatIpv4(w3)}`;
  // Both ends of every connection are named: with `flatMap`, that took two fifths of an analysis of short ones.
  return formatIpv6([w0 >>> 16, w0 & 0xffff, w1 >>> 16, w1 & 0xffff, w2 >>> 16, w2 & 0xffff, w3 >>> 16, w3 & 0xffff]);
}

function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** RFC 5952, section 4: the longest run of zero groups becomes `::`, the first of equals, and never a single group. */
function formatIpv6(groups: readonly number[]): string {
  let runStart = 0;
  let runLength = 1;
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > runLength) {
      runStart = start;
      runLength = length;
    }
  }
  if (runLength === 1) return formatGroups(groups, 0, groups.length);
  return `${formatGroups(groups, 0, runStart)}::${formatGroups(groups, runStart + runLength, groups.length)}`;
}

function formatGroups(groups: readonly number[], from: number, to: number): string {
  let text = '';
  for (let group = from; group < to; group++) text += (group === from ? '' : ':') + groups[group].toString(16);
  return text;
}

/** The address that `text` spells, dotted IPv4 or any spelling of RFC 4291, section 2.2, for IPv6; null if none. */
export function parseAddress(text: string): Address | null {
  if (!text.includes(':')) {
    const word = ipv4WordOf(text);
    return word === null ? null : { ipVersion: 4, words: [0, 0, 0, word] };
  }
  const groups = parseIpv6(text);
  if (groups === null) return null;
  const word = (index: number) => (groups[2 * index] << 16) | groups[2 * index + 1];
  return { ipVersion: 6, words: [word(0), word(1), word(2), word(3)] };
}

const GROUP = /^[0-9a-f]{1,4}$/i;
const [DOT, ZERO, NINE] = [...'.09'].map((character) => character.charCodeAt(0));

/**
 * @returns the address as a signed word; null where it is none of IPv4. A leading zero is no decimal number here: some readers take
 * it for octal (RFC 6943, section 3.1.1).
 */
export function ipv4WordOf(text: string): number | null {
  let word = 0;
  let dots = 0;
  let octet = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= NINE) {
      if (octet === 0) return null;
      octet = octet < 0 ? code - ZERO : octet * 10 + code - ZERO;
      if (octet > 255) return null;
    } else {
      if (code !== DOT || octet < 0) return null;
      word = (word << 8) | octet;
      octet = -1;
      dots++;
    }
  }
  return octet < 0 || dots !== 3 ? null : (word << 8) | octet;
}

function parseIpv6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0], halves.length === 1);
  if (halves.length === 1) return head?.length === 8 ? head : null;
  const tail = parseGroups(halves[1], true);
  if (head === null || tail === null) return null;
  const zeros = 8 - head.length - tail.length;
  return zeros < 1 ? null : [...head, ...new Array<number>(zeros).fill(0), ...tail];
}

/** The 16-bit groups between colons; the last of an address may be a dotted IPv4 address, worth two. */
function parseGroups(text: string, isLast: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const word = isLast && index === parts.length - 1 && part.includes('.') ? ipv4WordOf(part) : null;
    if (word !== null) groups.push(word >>> 16, word & 0xffff);
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}
