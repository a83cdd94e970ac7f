const ZERO = '0'.charCodeAt(0);

/** Of 00 to 99, two bytes each. */
const TWO_DIGITS = new TextEncoder().encode(
  Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0')).join(''),
);

/** Writes a whole number, not below 0, as so many decimal digits, which it has or has fewer than. */
export function putDigits(value: number, digits: number, bytes: Uint8Array, at: number): void {
  let rest = value;
  let to = at + digits;
  for (; to - at > 1; to -= 2) {
    const hundredth = (rest / 100) | 0;
    const pair = 2 * (rest - 100 * hundredth);
    bytes[to - 2] = TWO_DIGITS[pair];
    bytes[to - 1] = TWO_DIGITS[pair + 1];
    rest = hundredth;
  }
  if (to > at) bytes[at] = ZERO + rest;
}
