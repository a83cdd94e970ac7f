import type { Look, Style } from './look.js';
import { displayWidth, padEnd, truncate } from './width.js';

/** A piece of a line, and what it is; null for what has no look of its own. */
export type Piece = readonly [look: Look | null, text: string];

/** One line of output, put together from cells of fixed width. Widths are those of the plain text. */
export class Line {
  readonly #pieces: Piece[] = [];

  /** Appends pieces that together fill a cell of `width` columns; a single longer one is cut. */
  cell(width: number, ...pieces: readonly Piece[]): this {
    let used = 0;
    for (const [look, text] of pieces) {
      const shown = truncate(text, width - used);
      this.#pieces.push([look, shown]);
      used += displayWidth(shown);
    }
    this.#pieces.push([null, padEnd('', width - used)]);
    return this;
  }

  gap(width: number): this {
    return this.cell(width);
  }

  /** The line in `style`, without blanks at its end. */
  render(style: Style): string {
    const last = this.#pieces.findLastIndex(([, text]) => text.trim() !== '');
    return this.#pieces
      .slice(0, last + 1)
      .map(([look, text], index) => {
        const shown = index === last ? text.trimEnd() : text;
        return look === null ? shown : style(look, shown);
      })
      .join('');
  }
}
