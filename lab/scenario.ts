/** The two hosts of a scenario. */
export type Side = 'client' | 'server';
export const SIDES: readonly Side[] = ['client', 'server'];

export function peerOf(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

/** What a host's application does; lab/peer.py says what each step's fields mean. */
export interface SocketStep {
  readonly do:
    | 'listen'
    | 'accept'
    | 'connect'
    | 'send'
    | 'fill'
    | 'receive'
    | 'set'
    | 'shutdown'
    | 'close'
    | 'abort'
    | 'vanish';
  readonly on: Side;
  /** The name of the socket on its host. */
  readonly socket: string;
  /** The step's other fields. Ports become addresses when it is played. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The errno that the step must end with; without it, the step must succeed. */
  readonly fails?: string;
}

/** Segments that the cable loses from now on. */
export interface DropStep {
  readonly do: 'drop';
  /** The host that does not get them. */
  readonly toward: Side;
  /** Which ones, as nftables expressions; all TCP segments if empty. */
  readonly match: string;
  /** How many of them, the first ones; all if absent. */
  readonly times?: number;
}

export type Step =
  | SocketStep
  | DropStep
  /** The cable loses nothing any more. */
  | { readonly do: 'restore' }
  | { readonly do: 'wait'; readonly seconds: number }
  /** `ss -K`: the kernel destroys the socket of that local port. */
  | { readonly do: 'kill'; readonly on: Side; readonly port: number }
  /** All of them at one time, to about a millisecond; goes on when the last one has ended. */
  | { readonly do: 'together'; readonly steps: readonly SocketStep[] };

/** One way of a connection's life, and what lastack must say about it. */
export interface Scenario {
  readonly name: string;
  /** What happens, in a sentence. */
  readonly about: string;
  /** Settings of both hosts below net.ipv4, and of one below net.core. */
  readonly settings?: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
  /** Kinds of finding that must be reported; beyond them no warning and no error may be. By tap where the taps differ. */
  readonly findings: readonly string[] | Readonly<Record<Side, readonly string[]>>;
  /** Kinds that may be reported as well: it depends on which of two timers is first. */
  readonly maybe?: readonly string[];
  /** Why a difference at a tap is not lastack's: what happened left no trace there. */
  readonly explained?: Readonly<Partial<Record<Side, string>>>;
}

export function expectedAt(scenario: Scenario, tap: Side): readonly string[] {
  const { findings } = scenario;
  return 'client' in findings ? findings[tap] : findings;
}
