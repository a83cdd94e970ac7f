/** Something about an audit that its user can put right, in one line. */
export class AuditError extends Error {
  override readonly name: string = 'AuditError';
}

/** The user stopped it. */
export class InterruptedError extends AuditError {
  override readonly name = 'InterruptedError';

  constructor(done: number, total: number, out: string) {
    super(
      `stopped: ${done} of ${total || 'the'} captures are done and kept in ${out}; the same command goes on from there`,
    );
  }
}
