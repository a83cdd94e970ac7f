import { SETTINGS, SysctlError, settingValue } from './sysctl.js';

export { parseSysctl, SysctlError } from './sysctl.js';

export type ProfileName = 'linux' | 'rfc9293' | 'windows';

/** Timers and limits of one host. Times in seconds; Infinity where the host has no such timer or limit. */
export interface HostProfile {
  readonly name: ProfileName;
  /** SYNs repeated with exponential back-off: `tcp_syn_retries`. */
  readonly synRetries: number;
  /** SYNs repeated at the initial RTO before those: `tcp_syn_linear_timeouts`, 0 before Linux 6.5. */
  readonly synLinearTimeouts: number;
  /** SYN+ACKs repeated by a listener: `tcp_synack_retries`. */
  readonly synAckRetries: number;
  /** RTO before the first round-trip sample. */
  readonly initialRto: number;
  /** Least RTO of a connection: `tcp_rto_min_us`. */
  readonly minRto: number;
  /** Greatest RTO: `tcp_rto_max_ms` since Linux 6.15, fixed before. */
  readonly maxRto: number;
  /** RTO that the time until giving up is modelled with. Linux compiles it in: `tcp_rto_min_us` does not move it. */
  readonly modelRto: number;
  /** Retransmissions that the time until giving up is modelled with: `tcp_retries2`. */
  readonly retries2: number;
  /** The same for a socket that its application has closed: `tcp_orphan_retries`, whose 0 means 8. */
  readonly orphanRetries: number;
  /** Least time that a socket its application has closed stays in FIN_WAIT2: `tcp_fin_timeout`. */
  readonly finTimeout: number;
  /** 2 MSL. */
  readonly timeWait: number;
  /** Idle time before the first keep-alive probe, where the application asked for them. */
  readonly keepaliveTime: number;
  readonly keepaliveInterval: number;
  readonly keepaliveProbes: number;
  /** A full accept queue answers the handshake's ACK with RST: `tcp_abort_on_overflow`. */
  readonly abortOnOverflow: boolean;
  /** 0 never, 1 when the request queue overflows, 2 always. */
  readonly syncookies: number;
  /** Bits of `tcp_fastopen`: 1 client, 2 server. */
  readonly fastOpen: number;
  /** TIME_WAIT reused for new outgoing connections: 0 no, 1 yes, 2 over loopback only. */
  readonly twReuse: number;
  /** Requests remembered per listener: `tcp_max_syn_backlog`. Linux sizes it by memory; the default is a large host's. */
  readonly maxSynBacklog: number;
  /** RST in TIME_WAIT is ignored. */
  readonly rfc1337: boolean;
  /** Challenge ACKs a second, of the whole host. */
  readonly challengeAckLimit: number;
  /** Names of the sysctl settings (`tcp_fin_timeout`) that came from the host itself rather than from the defaults. */
  readonly known: ReadonlySet<string>;
}

type Defaults = Omit<HostProfile, 'known'>;

/** Source: net/ipv4/tcp_ipv4.c, tcp_sk_init(), and include/net/tcp.h of Linux 6.18. */
const LINUX: Defaults = {
  name: 'linux',
  synRetries: 6,
  synLinearTimeouts: 4,
  synAckRetries: 5,
  initialRto: 1,
  minRto: 0.2,
  maxRto: 120,
  modelRto: 0.2,
  retries2: 15,
  orphanRetries: 8,
  finTimeout: 60,
  timeWait: 60,
  keepaliveTime: 7200,
  keepaliveInterval: 75,
  keepaliveProbes: 9,
  abortOnOverflow: false,
  syncookies: 1,
  fastOpen: 1,
  twReuse: 2,
  maxSynBacklog: 4096,
  rfc1337: false,
  challengeAckLimit: Infinity,
};

/**
 * RFC 9293, section 3.8.3, sets times, not counts: a SYN for at least 3 minutes, data for at least 100 seconds. The
 * counts are the least that reach them with RFC 6298's RTO of 1 to 60 seconds.
 */
const RFC9293: Defaults = {
  ...LINUX,
  name: 'rfc9293',
  synRetries: 7,
  synLinearTimeouts: 0,
  synAckRetries: 7,
  minRto: 1,
  maxRto: 60,
  modelRto: 1,
  retries2: 6,
  orphanRetries: 6,
  finTimeout: Infinity,
  timeWait: 240,
  syncookies: 0,
  fastOpen: 0,
  twReuse: 0,
  maxSynBacklog: Infinity,
};

/**
 * Microsoft's registry reference for Windows Server 2003 to 2012: TcpInitialRtt, TcpMaxConnectRetransmissions,
 * TcpMaxConnectResponseRetransmissions, TcpMaxDataRetransmissions, TcpTimedWaitDelay, TcpFinWait2Delay, KeepAliveTime,
 * KeepAliveInterval. Where it is silent, the RFCs.
 */
const WINDOWS: Defaults = {
  ...RFC9293,
  name: 'windows',
  synRetries: 2,
  synAckRetries: 2,
  initialRto: 3,
  minRto: 0.3,
  modelRto: 0.3,
  retries2: 5,
  orphanRetries: 5,
  finTimeout: 120,
  timeWait: 120,
  keepaliveInterval: 1,
  keepaliveProbes: 10,
};

const DEFAULTS: Readonly<Record<ProfileName, Defaults>> = { linux: LINUX, rfc9293: RFC9293, windows: WINDOWS };

export const PROFILE_NAMES = Object.keys(DEFAULTS) as readonly ProfileName[];

/**
 * A host's timers: the profile's, corrected by what the host itself says.
 * @param sysctl what `parseSysctl` read
 * @throws {SysctlError} for a value that its setting cannot have
 */
export function hostProfile(name: ProfileName, sysctl: ReadonlyMap<string, string> = new Map()): HostProfile {
  let profile = DEFAULTS[name];
  const known = new Set<string>();
  for (const [key, setting] of SETTINGS) {
    const text = sysctl.get(key);
    if (text === undefined) continue;
    const value = settingValue(setting, text);
    if (value === null) throw new SysctlError(null, null, key, setting, text);
    profile = { ...profile, ...setting.read(value) };
    known.add(setting.name);
  }
  return { ...profile, known };
}

/** When a segment is sent, and when its sender gives up, in seconds after the first one. */
export interface Schedule {
  readonly sends: number[];
  readonly givesUpAt: number;
}

/**
 * When a client sends its SYNs. Real timers run late, never early, by up to an eighth.
 * Source: net/ipv4/tcp_timer.c, tcp_write_timeout() and tcp_retransmit_timer(): the linear timeouts come on top of
 * `tcp_syn_retries`. A socket's own TCP_SYNCNT or TCP_USER_TIMEOUT overrides it.
 */
export function synSchedule(profile: HostProfile): Schedule {
  return schedule(profile, profile.synRetries + profile.synLinearTimeouts, profile.synLinearTimeouts);
}

/**
 * When a listener sends its SYN+ACKs. An extra one answers each repeated SYN, and a queue that is over half full
 * forgets requests sooner, after two retransmissions at the least.
 * Source: net/ipv4/inet_connection_sock.c, reqsk_timer_handler().
 */
export function synAckSchedule(profile: HostProfile): Schedule {
  return schedule(profile, profile.synAckRetries, 0);
}

function schedule({ initialRto, maxRto }: HostProfile, retransmissions: number, linear: number): Schedule {
  const sends = [0];
  let rto = initialRto;
  let next = rto;
  for (let sent = 1; sent <= retransmissions; sent++) {
    sends.push(next);
    if (sent > linear) rto = Math.min(rto * 2, maxRto);
    next += rto;
  }
  return { sends, givesUpAt: next };
}

/**
 * How long an orphaned socket (FIN_WAIT1, LAST_ACK, CLOSING) keeps retransmitting, in seconds since its first
 * retransmission by timer. The host looks only when the timer fires next, so the end is at the first one after this.
 * Source: net/ipv4/tcp_timer.c, tcp_orphan_retries().
 */
export function orphanTimeout(profile: HostProfile): number {
  return modelTimeout(profile, profile.orphanRetries);
}

/** The same for a connection whose application still holds it and has set no TCP_USER_TIMEOUT. */
export function retransmissionTimeout(profile: HostProfile): number {
  return modelTimeout(profile, profile.retries2);
}

/**
 * Linux gives up by time: what `retries` retransmissions would have taken from `modelRto` on, whatever the connection's
 * own RTO was. Source: net/ipv4/tcp_timer.c, tcp_model_timeout().
 */
function modelTimeout({ modelRto, maxRto }: HostProfile, retries: number): number {
  const doublings = Math.floor(Math.log2(maxRto / modelRto));
  const exponential = (2 ** (Math.min(retries, doublings) + 1) - 1) * modelRto;
  return exponential + Math.max(0, retries - doublings) * maxRto;
}
