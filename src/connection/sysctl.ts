import type { HostProfile } from './profile.js';

/** A kernel setting that a profile takes over. */
interface Setting {
  /** Without its folder: `tcp_fin_timeout`. */
  readonly name: string;
  /** Least and greatest whole number that the kernel takes. */
  readonly min: number;
  readonly max: number;
  /** What the kernel's number says in the profile's units. */
  readonly read: (value: number) => Partial<HostProfile>;
}

const U8 = 255;
const INT = 2 ** 31 - 1;

/** Ranges from net/ipv4/sysctl_net_ipv4.c. */
const READ: readonly (readonly [name: string, min: number, max: number, read: Setting['read']])[] = [
  ['tcp_syn_retries', 1, 127, (synRetries) => ({ synRetries })],
  ['tcp_syn_linear_timeouts', 0, 127, (synLinearTimeouts) => ({ synLinearTimeouts })],
  ['tcp_synack_retries', 0, U8, (synAckRetries) => ({ synAckRetries })],
  ['tcp_rto_min_us', 1, INT, (microseconds) => ({ minRto: microseconds / 1e6 })],
  ['tcp_rto_max_ms', 1000, 120_000, (milliseconds) => ({ maxRto: milliseconds / 1e3 })],
  ['tcp_retries2', 0, U8, (retries2) => ({ retries2 })],
  ['tcp_orphan_retries', 0, U8, (retries) => ({ orphanRetries: retries || 8 })],
  ['tcp_fin_timeout', 0, INT, (finTimeout) => ({ finTimeout })],
  ['tcp_keepalive_time', 0, INT, (keepaliveTime) => ({ keepaliveTime })],
  ['tcp_keepalive_intvl', 0, INT, (keepaliveInterval) => ({ keepaliveInterval })],
  ['tcp_keepalive_probes', 0, U8, (keepaliveProbes) => ({ keepaliveProbes })],
  ['tcp_abort_on_overflow', 0, U8, (flag) => ({ abortOnOverflow: flag !== 0 })],
  ['tcp_syncookies', 0, U8, (syncookies) => ({ syncookies })],
  ['tcp_fastopen', 0, INT, (fastOpen) => ({ fastOpen })],
  ['tcp_tw_reuse', 0, 2, (twReuse) => ({ twReuse })],
  ['tcp_max_syn_backlog', 0, INT, (maxSynBacklog) => ({ maxSynBacklog })],
  ['tcp_rfc1337', 0, U8, (flag) => ({ rfc1337: flag !== 0 })],
  ['tcp_challenge_ack_limit', 0, INT, (limit) => ({ challengeAckLimit: limit === INT ? Infinity : limit })],
];

/** By sysctl's key: `net.ipv4.tcp_fin_timeout`. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  READ.map(([name, min, max, read]) => [`net.ipv4.${name}`, { name, min, max, read }]),
);

/** A setting with a value that it cannot have. */
export class SysctlError extends Error {
  override readonly name = 'SysctlError';
  readonly expected: string;

  constructor(
    /** As the user named it; null where the value came from elsewhere. */
    readonly file: string | null,
    /** From 1; null where `file` is. */
    readonly line: number | null,
    /** As `sysctl -a` prints it: `net.ipv4.tcp_fin_timeout`. */
    readonly key: string,
    setting: Pick<Setting, 'min' | 'max'>,
    readonly found: string,
  ) {
    const expected = `a whole number from ${setting.min} to ${setting.max}`;
    super(`${file === null ? '' : `${file}: line ${line}: `}${key}: expected ${expected}, found '${found}'`);
    this.expected = expected;
  }
}

/** The number that a setting's text stands for, in the kernel's unit; null where it is none that the setting can have. */
export function settingValue(setting: Setting, text: string): number | null {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= setting.min && value <= setting.max ? value : null;
}

/**
 * Reads what `sysctl -a` prints, or a sysctl.conf: `net.ipv4.tcp_fin_timeout = 60`, also spelled with slashes. Lines
 * that no profile has a use for are passed over. As in sysctl.conf, the last of several values holds.
 * @param file name for messages
 * @returns values by key, in the spelling with dots
 * @throws {SysctlError} for a value that its setting cannot have
 */
export function parseSysctl(text: string, file: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    const equals = line.indexOf('=');
    if (equals < 0) continue;
    const key = line.slice(0, equals).trim().replaceAll('/', '.');
    const setting = SETTINGS.get(key);
    if (setting === undefined) continue;
    const value = line.slice(equals + 1).trim();
    if (settingValue(setting, value) === null) throw new SysctlError(file, index + 1, key, setting, value);
    values.set(key, value);
  }
  return values;
}
