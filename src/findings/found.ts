import type { Time, Transition } from '../connection/model.js';
import type { Seg } from '../connection/postmortem/history.js';
import type { Postmortem } from '../connection/postmortem/postmortem.js';
import type { Side } from '../connection/state.js';
import { CATALOGUE } from './catalogue/index.js';
import type { Finding, FindingKind, Severity } from './finding.js';

export interface Evidence {
  readonly endpoint: Side | null;
  readonly at: Time;
  /** Segments or frames that prove it. */
  readonly frames: readonly (Seg | Transition | number | null | undefined)[];
  /** Most findings are only counted: they are put into words when somebody asks for these. */
  readonly message: () => string;
  /** Causes that fit; the catalogue's where left out. */
  readonly causes?: readonly string[];
  readonly excluded?: () => readonly string[];
  readonly severity?: Severity;
  /** What to look at next; the catalogue's first check where left out. */
  readonly advice?: string;
}

/** Most frames that one finding lists: the first and the last ones. */
const MOST_FRAMES = 20;

/**
 * A finding that is put into words when somebody asks for these: most findings are only counted, and with the words of all, an analysis
 * of handshakes with loss took a tenth longer.
 */
class Found implements Finding {
  readonly severity: Severity;
  readonly endpoint: Side | null;
  readonly at: Time;
  readonly frames: readonly number[];
  readonly causes: readonly string[];
  readonly #p: Postmortem;
  readonly #evidence: Evidence;

  constructor(
    p: Postmortem,
    readonly kind: FindingKind,
    evidence: Evidence,
  ) {
    const entry = CATALOGUE[kind];
    this.severity = evidence.severity ?? entry.severity;
    this.endpoint = evidence.endpoint;
    this.at = evidence.at;
    this.frames = framesOf(evidence);
    this.causes = evidence.causes ?? entry.causes;
    this.#p = p;
    this.#evidence = evidence;
  }

  get message(): string {
    return this.#evidence.message();
  }

  get advice(): string {
    return this.#evidence.advice ?? adviceFor(this.#p, this.kind, this.endpoint);
  }

  get excluded(): readonly string[] {
    return this.#evidence.excluded?.() ?? [];
  }
}

export const finding = (p: Postmortem, kind: FindingKind, evidence: Evidence): Finding => new Found(p, kind, evidence);

/** The same as an object that has all of it, and can be copied. */
export function inWords(f: Finding): Finding {
  const { kind, severity, endpoint, at, frames, message, advice, causes, excluded } = f;
  return { kind, severity, endpoint, at, frames, message, advice, causes, excluded };
}

function framesOf(evidence: Evidence): readonly number[] {
  const frames = new Set<number>();
  for (const f of evidence.frames) if (f !== null && f !== undefined) frames.add(typeof f === 'number' ? f : f.frame);
  const sorted = [...frames].sort((a, b) => a - b);
  return sorted.length <= MOST_FRAMES ? sorted : [...sorted.slice(0, MOST_FRAMES - 5), ...sorted.slice(-5)];
}

function adviceFor(p: Postmortem, kind: FindingKind, endpoint: Side | null): string {
  const check = CATALOGUE[kind].checks[0];
  if (!check) return '';
  const host = check.host === 'both' && endpoint !== null ? endpoint : check.host;
  const where =
    host === 'client' || host === 'server'
      ? `on ${p.connection[host].address}`
      : host === 'both'
        ? 'on both hosts'
        : 'on the path';
  return `${where}: ${fillIn(p, check.command)} (${check.why})`;
}

/** The catalogue's commands name what only the connection knows. */
function fillIn(p: Postmortem, command: string): string {
  const { client, server } = p.connection;
  return command.replaceAll(/\b(?:PORT|SERVER|CLIENT)\b/g, (name) => {
    if (name === 'PORT') return String(server.port);
    return name === 'SERVER' ? server.address : client.address;
  });
}
