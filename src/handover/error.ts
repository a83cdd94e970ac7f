/** Stable names of why a capture cannot be handed over. */
export type HandoverErrorCode =
  /** A pcap file holds frames of one link type. */
  | 'link-types'
  /** Standard input could not be kept for a second reading. */
  | 'spool'
  /** The key for addresses is unusable. */
  | 'key';

/** Why a capture cannot be handed over as asked, as data. */
export class HandoverError extends Error {
  override readonly name = 'HandoverError';

  constructor(
    readonly code: HandoverErrorCode,
    readonly expected: string,
    readonly found: string,
    options?: ErrorOptions,
  ) {
    super(`expected ${expected}, found ${found}`, options);
  }
}
