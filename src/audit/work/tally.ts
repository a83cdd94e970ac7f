import { type FindingKind, type Flow, SEVERITIES, type Severity } from '../../findings/finding.js';
import { withPort } from '../../findings/rule.js';
import { Sketch, type SketchJson } from './sketch.js';

/** Flows that have a finding of this kind, whose worst is of this severity. */
export interface KindCount {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly flows: number;
}

/** Flows of a service, and what was found in them. */
export interface ServiceCount {
  /** `address:port`; null for those beyond the bound, together. */
  readonly service: string | null;
  readonly flows: number;
  readonly findings: readonly KindCount[];
  /** Durations of handshakes in seconds. */
  readonly handshakes: SketchJson;
}

export interface ClientCount {
  readonly address: string | null;
  readonly flows: number;
  /** Flows whose worst finding is an error, or a warning. */
  readonly errors: number;
  readonly warnings: number;
}

const MOST_SERVICES = 20_000;
const MOST_CLIENTS = 20_000;
/** Clients that a record names: the worst. */
const MOST_NAMED_CLIENTS = 1000;

interface Service {
  flows: number;
  readonly kinds: Map<string, KindCount>;
  readonly handshakes: Sketch;
}

/** Counts per service and per client, in bounded memory: those that come when the bound is reached are counted together. */
export class Tally {
  readonly #services = new Map<string | null, Service>();
  readonly #clients = new Map<string | null, ClientCount>();

  constructor(
    readonly mostServices = MOST_SERVICES,
    readonly mostClients = MOST_CLIENTS,
  ) {}

  addFlow(flow: Flow): void {
    const service = this.#serviceOf(withPort(flow.server));
    service.flows++;
    if (flow.handshakeRtt !== null) service.handshakes.add(flow.handshakeRtt);
    for (const { kind, severity } of worstOfEachKind(flow)) count(service, kind, severity, 1);
    const worst = flow.findings.length > 0 ? flow.findings[0].severity : null;
    this.#addClient({
      address: flow.client.address,
      flows: 1,
      errors: worst === 'error' ? 1 : 0,
      warnings: worst === 'warning' ? 1 : 0,
    });
  }

  /** Adds what another tally, of other flows, gave. */
  merge(services: readonly ServiceCount[], clients: readonly ClientCount[]): void {
    for (const { service, flows, findings, handshakes } of services) {
      const into = this.#serviceOf(service);
      into.flows += flows;
      into.handshakes.merge(handshakes);
      for (const { kind, severity, flows: found } of findings) count(into, kind, severity, found);
    }
    for (const client of clients) this.#addClient(client);
  }

  /** In the order of their names. */
  services(): ServiceCount[] {
    return [...this.#services]
      .sort(([a], [b]) => order(a, b))
      .map(([service, { flows, kinds, handshakes }]) => ({
        service,
        flows,
        findings: [...kinds.values()].sort(
          (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || order(a.kind, b.kind),
        ),
        handshakes: handshakes.json(),
      }));
  }

  /** The worst first; those beyond the bound are left out. */
  clients(): ClientCount[] {
    return [...this.#clients.values()]
      .sort(
        (a, b) => b.errors - a.errors || b.warnings - a.warnings || b.flows - a.flows || order(a.address, b.address),
      )
      .slice(0, MOST_NAMED_CLIENTS);
  }

  #serviceOf(name: string | null): Service {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    if (name !== null && this.#services.size >= this.mostServices) return this.#serviceOf(null);
    const service: Service = { flows: 0, kinds: new Map(), handshakes: new Sketch() };
    this.#services.set(name, service);
    return service;
  }

  #addClient(client: ClientCount): void {
    const full = this.#clients.size >= this.mostClients && !this.#clients.has(client.address);
    const address = full ? null : client.address;
    const before = this.#clients.get(address);
    this.#clients.set(address, {
      address,
      flows: client.flows + (before?.flows ?? 0),
      errors: client.errors + (before?.errors ?? 0),
      warnings: client.warnings + (before?.warnings ?? 0),
    });
  }
}

/** Null comes last. */
function order(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

function count({ kinds }: Service, kind: FindingKind, severity: Severity, flows: number): void {
  const key = `${severity} ${kind}`;
  kinds.set(key, { kind, severity, flows: flows + (kinds.get(key)?.flows ?? 0) });
}

/** One finding for each kind: the first, since they are in the order of severity. */
function worstOfEachKind({ findings }: Flow) {
  const seen = new Set<FindingKind>();
  return findings.filter(({ kind }) => !seen.has(kind) && seen.add(kind));
}
