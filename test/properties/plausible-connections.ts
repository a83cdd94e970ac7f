import fc from 'fast-check';
import { type Host, otherHost, type WireSegment } from './wire.js';

/** What became of a segment: lost behind the tap, or before it, so that the capture does not hold it. */
type Luck = 'arrives' | 'lost' | 'unseen';

interface Exchange {
  readonly from: Host;
  readonly length: number;
  readonly pause: number;
  readonly luck: Luck;
  readonly answer: 'arrives' | 'unseen';
}

/** How a connection goes, in the decisions that chance, the path and the two applications make. */
interface Plan {
  readonly opening: 'syn' | 'simultaneous' | 'before-capture';
  readonly lostSyns: number;
  readonly lostSynAcks: number;
  readonly handshakeAck: Luck | 'never-heeded';
  readonly exchanges: readonly Exchange[];
  readonly closing: 'none' | 'in-order' | 'at-once' | 'half-close' | 'crossing' | 'reset' | 'forgotten';
  readonly closer: Host;
  readonly lostFins: number;
  readonly finAck: Luck;
  readonly secondClose: boolean;
  readonly lastAck: Luck;
  /** Microseconds between the two ends' decisions to close. */
  readonly hesitation: number;
}

export interface Story {
  readonly segments: readonly WireSegment[];
  /** Microseconds up to the end of the capture. */
  readonly until: number;
}

const MILLISECOND = 1000;
const SECOND = 1_000_000;

/** Writes down what passes the tap. */
class Script {
  readonly segments: WireSegment[] = [];
  #now = 0;
  #next = { near: 0, far: 0 };
  #heard = { near: 0, far: 0 };
  #echo = { near: 0, far: 0 };

  constructor(
    readonly roundTrip: Readonly<Record<Host, number>>,
    readonly hasTimestamps: boolean,
  ) {}

  get now(): number {
    return this.#now;
  }

  wait(microseconds: number): void {
    this.#now += microseconds;
  }

  /** Until the host's reaction to what has just passed passes in turn. */
  awaitAnswer(from: Host): void {
    this.wait(this.roundTrip[from]);
  }

  /** The hosts count from other numbers: a new connection. */
  renumber(isn: number): void {
    this.#next = { near: isn, far: isn };
    this.#heard = { near: isn, far: isn };
  }

  send(from: Host, flags: string, { length = 0, luck = 'arrives' }: { length?: number; luck?: Luck } = {}): void {
    const to = otherHost(from);
    const seq = this.#next[from];
    const stamp = Math.floor(this.#now / MILLISECOND);
    if (luck !== 'unseen') {
      this.segments.push({
        at: this.#now,
        from,
        flags,
        seq,
        ack: this.#heard[from],
        length,
        window: 501,
        timestamps: this.hasTimestamps ? [stamp, this.#echo[from]] : null,
      });
    }
    if (luck === 'lost') return;
    this.#next[from] = seq + length + (/[SF]/.test(flags) ? 1 : 0);
    this.#heard[to] = this.#next[from];
    this.#echo[to] = stamp;
  }

  /** Sends until it arrives, at doubling intervals. */
  sendUntilHeard(from: Host, flags: string, losses: number, interval: number, length = 0): void {
    for (let i = 0; i < losses; i++) {
      this.send(from, flags, { luck: 'lost', length });
      this.wait(interval * 2 ** i);
    }
    this.send(from, flags, { length });
  }

  /** What was last sent from there comes once more, with what has been heard since. */
  sendAgain(from: Host, flags?: string): void {
    const last = this.segments.findLast((s) => s.from === from);
    if (!last) return;
    const timestamps = last.timestamps && ([Math.floor(this.#now / MILLISECOND), this.#echo[from]] as const);
    this.segments.push({ ...last, at: this.#now, ack: this.#heard[from], flags: flags ?? last.flags, timestamps });
  }

  /** Both ends send a SYN or a FIN before they have the other's. */
  cross(first: Host, flags: string): void {
    const second = otherHost(first);
    const heard = this.#heard[second];
    this.send(first, flags);
    this.#heard[second] = heard;
    this.wait(20);
    this.send(second, flags);
    this.#heard[second] = heard + 1;
  }
}

function open(script: Script, plan: Plan): void {
  if (plan.opening === 'before-capture') return;
  if (plan.opening === 'simultaneous') {
    openFromBothEnds(script);
    return;
  }
  script.sendUntilHeard('near', 'S', plan.lostSyns, SECOND);
  script.awaitAnswer('far');
  script.sendUntilHeard('far', 'SA', plan.lostSynAcks, SECOND);
  script.awaitAnswer('near');
  const ignored = { arrives: 0, unseen: 0, lost: 1, 'never-heeded': 5 }[plan.handshakeAck];
  for (let i = 0; i < ignored; i++) {
    script.send('near', 'A', { luck: 'lost' });
    script.wait(SECOND * 2 ** i);
    script.sendAgain('far');
    script.awaitAnswer('near');
  }
  script.send('near', 'A', { luck: plan.handshakeAck === 'unseen' ? 'unseen' : ignored > 1 ? 'lost' : 'arrives' });
}

function openFromBothEnds(script: Script): void {
  script.cross('near', 'S');
  script.awaitAnswer('near');
  script.sendAgain('near', 'SA');
  script.awaitAnswer('far');
  script.sendAgain('far', 'SA');
}

function talk(script: Script, { from, length, pause, luck, answer }: Exchange): void {
  script.wait(pause);
  if (luck === 'lost') {
    script.send(from, 'PA', { length, luck });
    script.wait(300 * MILLISECOND);
  }
  script.send(from, 'PA', { length, luck: luck === 'unseen' ? 'unseen' : 'arrives' });
  script.awaitAnswer(otherHost(from));
  script.send(otherHost(from), 'A', { luck: answer });
}

function close(script: Script, plan: Plan): void {
  const { closer, closing } = plan;
  const peer = otherHost(closer);
  switch (closing) {
    case 'none':
      return;
    case 'reset':
      script.send(closer, 'RA');
      return;
    case 'forgotten':
      script.send(closer, 'PA', { length: 10, luck: 'lost' });
      script.awaitAnswer(peer);
      script.send(peer, 'R');
      return;
    case 'crossing':
      script.cross(closer, 'FA');
      script.awaitAnswer(peer);
      script.send(peer, 'A', { luck: plan.finAck });
      script.awaitAnswer(closer);
      script.send(closer, 'A', { luck: plan.lastAck });
      return;
    default:
      script.sendUntilHeard(closer, 'FA', plan.lostFins, 200 * MILLISECOND);
      script.awaitAnswer(peer);
      answerFin(script, plan, peer);
  }
}

function answerFin(script: Script, plan: Plan, peer: Host): void {
  const { closer, closing } = plan;
  if (closing !== 'at-once') {
    script.send(peer, 'A', { luck: plan.finAck });
    if (plan.finAck === 'lost') {
      script.wait(200 * MILLISECOND);
      script.sendAgain(closer);
      script.awaitAnswer(peer);
      script.send(peer, 'A');
    }
    if (closing === 'half-close') {
      talk(script, { from: peer, length: 700, pause: plan.hesitation, luck: 'arrives', answer: 'arrives' });
      talk(script, { from: peer, length: 300, pause: plan.hesitation, luck: 'arrives', answer: 'arrives' });
    }
    if (!plan.secondClose) return;
    script.wait(plan.hesitation);
  }
  script.sendUntilHeard(peer, 'FA', plan.lostFins, 200 * MILLISECOND);
  script.awaitAnswer(closer);
  script.send(closer, 'A', { luck: plan.lastAck });
  if (plan.lastAck !== 'lost') return;
  script.wait(200 * MILLISECOND);
  script.sendAgain(peer);
  script.awaitAnswer(closer);
  script.send(closer, 'A');
}

const luck = fc.constantFrom<Luck>('arrives', 'arrives', 'arrives', 'lost', 'unseen');
const host = fc.constantFrom<Host>('near', 'far');
const hesitation = fc.constantFrom(100, 50 * MILLISECOND, 5 * SECOND, 90 * SECOND);

const plan: fc.Arbitrary<Plan> = fc.record({
  opening: fc.constantFrom('syn', 'syn', 'syn', 'syn', 'simultaneous', 'before-capture'),
  lostSyns: fc.constantFrom(0, 0, 0, 1, 3),
  lostSynAcks: fc.constantFrom(0, 0, 0, 1, 2),
  handshakeAck: fc.constantFrom('arrives', 'arrives', 'arrives', 'lost', 'unseen', 'never-heeded'),
  exchanges: fc.array(
    fc.record({
      from: host,
      length: fc.constantFrom(1, 100, 1448),
      pause: hesitation,
      luck,
      answer: fc.constantFrom('arrives', 'arrives', 'unseen'),
    }),
    { maxLength: 8 },
  ),
  closing: fc.constantFrom('in-order', 'in-order', 'at-once', 'half-close', 'crossing', 'reset', 'forgotten', 'none'),
  closer: host,
  lostFins: fc.constantFrom(0, 0, 0, 1, 4),
  finAck: luck,
  secondClose: fc.boolean(),
  lastAck: luck,
  hesitation,
});

/** What two hosts and a lossy path between them could have produced: one connection, or two that share their ports. */
export const stories: fc.Arbitrary<Story> = fc
  .record({
    plans: fc.array(plan, { minLength: 1, maxLength: 2 }),
    roundTrip: fc.record({ near: fc.constantFrom(40, 10_000, 60_000), far: fc.constantFrom(60, 12_000, 80_000) }),
    hasTimestamps: fc.boolean(),
    between: fc.constantFrom(2 * SECOND, 100 * SECOND),
    after: fc.constantFrom(0, SECOND, 30 * SECOND, 300 * SECOND),
  })
  .map(({ plans, roundTrip, hasTimestamps, between, after }) => {
    const script = new Script(roundTrip, hasTimestamps);
    for (const [index, each] of plans.entries()) {
      if (index > 0) script.wait(between);
      script.renumber(index * 100_000_000);
      play(script, index === 0 ? each : { ...each, opening: 'syn' });
    }
    return { segments: script.segments, until: script.now + after };
  })
  .filter(({ segments }) => segments.length > 0);

function play(script: Script, plan: Plan): void {
  open(script, plan);
  if (plan.opening === 'syn' && plan.handshakeAck === 'never-heeded') {
    script.wait(plan.hesitation);
    script.send('near', 'PA', { length: 18, luck: 'lost' });
    script.awaitAnswer('far');
    script.send('far', 'R');
    return;
  }
  for (const exchange of plan.exchanges) talk(script, exchange);
  close(script, plan);
}
