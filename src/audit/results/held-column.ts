import type { Cell, ColumnType } from './tables.js';

/** A cell as the writer of Parquet takes it. */
export type Stored = Cell | bigint;

/** The cells of a column that wait for their row group. */
export interface HeldColumn {
  add(cell: Cell): void;
  /** All cells in their order; none is held afterwards. */
  take(): Stored[];
}

const FIRST_LENGTH = 64;

/** Packed, since cells wait long enough to outlive the collector's nursery: as values they would cost several times as much. */
export const heldColumn = (type: ColumnType): HeldColumn =>
  type === 'STRING' ? new HeldTexts() : new HeldNumbers(type === 'INT64');

class HeldNumbers implements HeldColumn {
  #count = 0;
  /** NaN for null. */
  #numbers = new Float64Array(FIRST_LENGTH);

  constructor(readonly isLong: boolean) {}

  add(cell: Cell): void {
    if (this.#count === this.#numbers.length) this.#numbers = doubled(this.#numbers, Float64Array);
    this.#numbers[this.#count++] = cell === null ? Number.NaN : Number(cell);
  }

  take(): Stored[] {
    const cells = Array.from(this.#numbers.subarray(0, this.#count), (number): Stored => {
      if (Number.isNaN(number)) return null;
      return this.isLong ? BigInt(number) : number;
    });
    this.#count = 0;
    this.#numbers = new Float64Array(FIRST_LENGTH);
    return cells;
  }
}

/** Each text is held once. */
class HeldTexts implements HeldColumn {
  #count = 0;
  #places = new Uint32Array(FIRST_LENGTH);
  #texts: Cell[] = [];
  readonly #placeOf = new Map<Cell, number>();

  add(cell: Cell): void {
    let place = this.#placeOf.get(cell);
    if (place === undefined) {
      place = this.#texts.push(cell) - 1;
      this.#placeOf.set(cell, place);
    }
    if (this.#count === this.#places.length) this.#places = doubled(this.#places, Uint32Array);
    this.#places[this.#count++] = place;
  }

  take(): Stored[] {
    const cells = Array.from(this.#places.subarray(0, this.#count), (place) => this.#texts[place]);
    this.#count = 0;
    this.#places = new Uint32Array(FIRST_LENGTH);
    this.#texts = [];
    this.#placeOf.clear();
    return cells;
  }
}

function doubled<T extends Float64Array | Uint32Array>(from: T, type: new (length: number) => T): T {
  const to = new type(from.length * 2);
  to.set(from);
  return to;
}
