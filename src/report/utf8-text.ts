import { putDigits } from './digits.js';

/** Longer pieces are copied, or encoded, faster by the engine's own functions than one by one. */
const SHORT = 24;
const SHORT_TEXT = 64;
/** The most bytes that one unit of a JavaScript string takes. */
const BYTES_A_UNIT = 3;
/** Pieces that are remembered of one kind. */
const MOST_WORDS = 1000;
const [ZERO, POINT] = [...'0.'].map((character) => character.charCodeAt(0));
const SECOND = 1e9;
/** A microsecond, in nanoseconds: what is less has an exponent. */
const LEAST_PLAIN = 1000;

const encoder = new TextEncoder();

/** Text that is written many times. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Pieces of text that one word decides, each encoded once. */
export class Pieces {
  readonly #known = new Map<string, Uint8Array>();
  readonly #textOf: (word: string) => string;

  constructor(textOf: (word: string) => string) {
    this.#textOf = textOf;
  }

  of(word: string): Uint8Array {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    const piece = utf8(this.#textOf(word));
    if (this.#known.size < MOST_WORDS) this.#known.set(word, piece);
    return piece;
  }
}

/** Text that is written piece by piece, as UTF-8: without making a string of each piece. */
export class Utf8Text {
  #memory: Uint8Array<ArrayBuffer>;
  length = 0;

  /** @param memory that it is written to, as far as there is room */
  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.#memory = memory;
  }

  /** Where it stands, from the first byte on, and room behind it: until more is written. */
  get memory(): Uint8Array<ArrayBuffer> {
    return this.#memory;
  }

  text(text: string): this {
    const { length } = text;
    this.#makeRoom(length * BYTES_A_UNIT);
    if (length > SHORT_TEXT) return this.#encode(text);
    const memory = this.#memory;
    const at = this.length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.#encode(text);
      memory[at + i] = code;
    }
    this.length = at + length;
    return this;
  }

  /** What `utf8` has encoded before. */
  piece(piece: Uint8Array): this {
    const { length } = piece;
    this.#makeRoom(length);
    const memory = this.#memory;
    const at = this.length;
    if (length > SHORT) memory.set(piece, at);
    else for (let i = 0; i < length; i++) memory[at + i] = piece[i];
    this.length = at + length;
    return this;
  }

  /** In decimal digits. @param value a whole number, not below 0 */
  number(value: number): this {
    if (value > 0x7fffffff) return this.text(String(value));
    this.#makeRoom(10);
    const memory = this.#memory;
    let end = this.length + 1;
    for (let rest = value; rest > 9; rest = (rest / 10) | 0) end++;
    this.length = end;
    let rest = value;
    do {
      const tenth = (rest / 10) | 0;
      memory[--end] = ZERO + rest - 10 * tenth;
      rest = tenth;
    } while (rest > 0);
    return this;
  }

  /** A number of seconds, as `String` has it: of a whole number of nanoseconds, that takes a tenth of the time. */
  seconds(value: number): this {
    const nanoseconds = Math.round(value * SECOND);
    const isPlain = nanoseconds >= LEAST_PLAIN && nanoseconds < 2 ** 31 && nanoseconds / SECOND === value;
    if (!isPlain) return this.text(String(value));
    const whole = (nanoseconds / SECOND) | 0;
    this.number(whole);
    let fraction = nanoseconds - whole * SECOND;
    if (fraction === 0) return this;
    let digits = 9;
    for (; fraction % 10 === 0; fraction /= 10) digits--;
    this.#makeRoom(1 + digits);
    this.#memory[this.length++] = POINT;
    putDigits(fraction, digits, this.#memory, this.length);
    this.length += digits;
    return this;
  }

  #encode(text: string): this {
    this.length += encoder.encodeInto(text, this.#memory.subarray(this.length)).written;
    return this;
  }

  #makeRoom(more: number): void {
    if (this.length + more <= this.#memory.length) return;
    const memory = new Uint8Array(2 * (this.length + more));
    memory.set(this.#memory);
    this.#memory = memory;
  }
}
