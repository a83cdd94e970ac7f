/** A text that stands for no duration, or for no moment. */
export class UnitError extends Error {
  override readonly name = 'UnitError';

  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(`expected ${expected}, found '${found}'`);
  }
}
