import { ACK, FIN, PSH, SYN } from './pcap-writer.mjs';

/** @typedef {import('./pcap-writer.mjs').Wire} Wire */
/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {import('../workloads.mjs').Workload} Workload */

const SECOND = 1_000_000;
/** Ephemeral ports of Linux: net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32_768;
const PORTS = 28_232;
const SERVICES = [80, 443, 5432, 8080];
/** Odd, so that multiplication scatters numbers and keeps distinct ones distinct. */
const SCATTER = 0x9e3779b1;
const CLIENT_NETWORK = 0x0a000000;
const SERVER_NETWORK = 0xc0a80000;
const LARGEST_SEGMENT = { 4: 1448, 6: 1428 };
/** Handshake and close, three segments each: what is left of a conversation is data. */
const FRAME_OF_CONVERSATION = 6;

/** What passes the tap next. */
const Step = { SYN: 0, SYN_ACK: 1, ACK: 2, REQUEST: 3, RESPONSE: 4, RESPONSE_ACK: 5, FIN: 6, FIN_ACK: 7, LAST_ACK: 8 };

/** Which segment of the handshake gets lost behind the tap. */
const Lost = { SYN: 0, SYN_ACK: 1, ACK: 2 };

/** What one end has to remember. */
class End {
  address = 0;
  port = 0;
  /** Next sequence number. */
  next = 0;
  initial = 0;
  /** Added to the milliseconds that have passed, for timestamps. */
  clock = 0;
  /** TSval of its last segment. */
  tsVal = 0;
  id = 0;
}

/**
 * One connection at a time, as a tap near the server sees it: the handshake, requests and responses, the close. Each step
 * sends one segment and says how long it is until the next one.
 */
export class Conversation {
  /** Whether its first segment was sent. */
  hasBegun = false;

  #client = new End();
  #server = new End();
  #random;
  #workload;
  #step = Step.SYN;
  /** Segments with data, or acknowledging data, that are still to come. */
  #left = 0;
  /** Segments of this response that are still to come. */
  #response = 0;
  /** Segments of it that the client has not acknowledged. */
  #unacknowledged = 0;
  #serverCloses = false;
  #roundTrip = 0;
  #lost = Lost.SYN;
  #losses = 0;
  #attempts = 0;

  /**
   * @param {Workload} workload
   * @param {Random} random
   */
  constructor(workload, random) {
    this.#workload = workload;
    this.#random = random;
  }

  /**
   * Begins the connection of that number: its endpoints and length follow from the number.
   * @param {number} flow from 0
   */
  begin(flow) {
    const { clients, servers, segments, lossy } = this.#workload;
    const random = this.#random;
    const client = this.#client;
    const server = this.#server;
    const turn = Math.floor(flow / clients);
    this.hasBegun = false;
    client.address = CLIENT_NETWORK | (Math.imul(flow % clients, SCATTER) & 0xffffff);
    client.port = FIRST_PORT + ((turn * 7) % PORTS);
    const service = Math.imul(flow, SCATTER) >>> 16;
    server.address = SERVER_NETWORK | (1 + (service % servers));
    server.port = SERVICES[(service % servers) % SERVICES.length];
    for (const end of [client, server]) {
      end.initial = end.next = random.bits();
      end.clock = random.bits();
      end.tsVal = 0;
      end.id = random.below(0x10000);
    }
    this.#step = Step.SYN;
    this.#left = this.#dataSegments(flow, segments);
    this.#unacknowledged = 0;
    this.#serverCloses = random.below(2) === 0;
    this.#roundTrip = random.magnitude(200, 50_000);
    this.#lost = random.below(3);
    this.#losses = lossy ? 1 + random.below(3) : 0;
    this.#attempts = 0;
  }

  /**
   * Pairs of connections have twice the mean together, so that the number of records is exact.
   * @param {number} flow
   * @param {number} mean
   */
  #dataSegments(flow, mean) {
    const spread = mean - FRAME_OF_CONVERSATION;
    const more = (Math.imul(flow >>> 1, SCATTER) >>> 8) % (spread + 1);
    return (flow & 1) === 0 ? spread + more : spread - more;
  }

  /**
   * Puts the next segment into `wire`, its time apart.
   * @param {Wire} wire
   * @param {number} now microseconds since the beginning
   * @returns {number} microseconds until the segment after it; 0 where it was the last one
   */
  send(wire, now) {
    const random = this.#random;
    const client = this.#client;
    const server = this.#server;
    this.hasBegun = true;
    switch (this.#step) {
      case Step.SYN:
        this.#fill(wire, now, client, server, SYN, 0);
        if (this.#workload.synOnly) return 0;
        if (this.#loses(Lost.SYN)) return this.#repeat(Step.SYN);
        return this.#then(Step.SYN_ACK, 20 + random.below(80));
      case Step.SYN_ACK:
        this.#fill(wire, now, server, client, SYN | ACK, 0);
        if (this.#loses(Lost.SYN_ACK)) return this.#repeat(Step.SYN);
        return this.#then(Step.ACK, this.#roundTrip);
      case Step.ACK:
        this.#fill(wire, now, client, server, ACK, 0);
        if (this.#loses(Lost.ACK)) return this.#repeat(Step.SYN_ACK);
        return this.#left > 0 ? this.#then(Step.REQUEST, 5 + random.below(100)) : this.#close();
      case Step.REQUEST:
        this.#left--;
        this.#response = 1 + random.below(6);
        this.#fill(wire, now, client, server, PSH | ACK, 80 + random.below(900));
        return this.#left > 0 ? this.#then(Step.RESPONSE, random.wait(2_000)) : this.#close();
      case Step.RESPONSE:
        return this.#respond(wire, now);
      case Step.RESPONSE_ACK:
        this.#left--;
        this.#unacknowledged = 0;
        this.#fill(wire, now, client, server, ACK, 0);
        if (this.#left === 0) return this.#close();
        if (this.#response > 0) return this.#then(Step.RESPONSE, 1 + random.below(10));
        return this.#then(Step.REQUEST, random.wait(this.#workload.think));
      case Step.FIN:
        if (this.#serverCloses) this.#fill(wire, now, server, client, FIN | ACK, 0);
        else this.#fill(wire, now, client, server, FIN | ACK, 0);
        return this.#then(Step.FIN_ACK, this.#serverCloses ? this.#roundTrip : 30 + random.below(100));
      case Step.FIN_ACK:
        if (this.#serverCloses) this.#fill(wire, now, client, server, FIN | ACK, 0);
        else this.#fill(wire, now, server, client, FIN | ACK, 0);
        return this.#then(Step.LAST_ACK, this.#serverCloses ? 5 + random.below(20) : this.#roundTrip);
      default:
        if (this.#serverCloses) this.#fill(wire, now, server, client, ACK, 0);
        else this.#fill(wire, now, client, server, ACK, 0);
        return 0;
    }
  }

  /**
   * Full segments but for the last one; the client acknowledges every second one.
   * @param {Wire} wire
   * @param {number} now
   */
  #respond(wire, now) {
    const largest = LARGEST_SEGMENT[this.#workload.ipVersion];
    this.#left--;
    this.#response--;
    this.#unacknowledged++;
    const isLast = this.#response === 0;
    const length = isLast ? 1 + this.#random.below(largest) : largest;
    this.#fill(wire, now, this.#server, this.#client, isLast ? PSH | ACK : ACK, length);
    if (this.#left === 0) return this.#close();
    if (isLast || this.#unacknowledged === 2) return this.#then(Step.RESPONSE_ACK, this.#roundTrip);
    return this.#then(Step.RESPONSE, 1 + this.#random.below(10));
  }

  /**
   * @param {number} step
   * @param {number} wait
   */
  #then(step, wait) {
    this.#step = step;
    return wait;
  }

  #close() {
    return this.#then(Step.FIN, this.#random.wait(this.#workload.think));
  }

  /** @param {number} what */
  #loses(what) {
    return this.#losses > 0 && this.#lost === what;
  }

  /**
   * The initial retransmission timeout of Linux is a second, doubled each time.
   * @param {number} step
   */
  #repeat(step) {
    this.#losses--;
    this.#server.next = this.#server.initial;
    if (step === Step.SYN) this.#client.next = this.#client.initial;
    return this.#then(step, SECOND << this.#attempts++);
  }

  /**
   * @param {Wire} wire
   * @param {number} now
   * @param {End} from
   * @param {End} to
   * @param {number} flags
   * @param {number} length
   */
  #fill(wire, now, from, to, flags, length) {
    wire.source = from.address;
    wire.sourcePort = from.port;
    wire.destination = to.address;
    wire.destinationPort = to.port;
    wire.seq = from.next;
    wire.ack = (flags & ACK) !== 0 ? to.next : 0;
    wire.flags = flags;
    wire.length = length;
    wire.id = from.id = (from.id + 1) & 0xffff;
    wire.mss = LARGEST_SEGMENT[this.#workload.ipVersion] + 12;
    wire.tsVal = from.tsVal = (from.clock + Math.floor(now / 1000)) | 0;
    wire.tsEcr = (flags & ACK) !== 0 ? to.tsVal : 0;
    from.next = (from.next + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) | 0;
  }
}
