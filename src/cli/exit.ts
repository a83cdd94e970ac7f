/** What the command's exit status says. */
export const EXIT = {
  done: 0,
  /** All was done, and the policy is violated. */
  violated: 1,
  usage: 2,
  /** A capture could not be read, or only in part. */
  unreadable: 3,
  /** A fault of the program itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
  /** As a shell gives it for SIGINT. */
  interrupted: 130,
} as const;

/** Something that the user can put right: told in one line, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Nobody reads the output any more: a quiet end. */
export class BrokenPipeError extends Error {
  override readonly name = 'BrokenPipeError';
}
