import { Conversation } from './conversation.mjs';
import { LiveFlows } from './live-flows.mjs';
import { PcapWriter } from './pcap-writer.mjs';
import { Random } from './random.mjs';
import { Timeline } from './timeline.mjs';

/** Change it with the generator: files of other versions are not used again. */
export const GENERATOR_VERSION = 1;

const SEED = 20_250_101;

/**
 * Writes a capture of as many connections as the workload says, of which `alive` are open at a time.
 * @param {import('../workloads.mjs').Workload} workload
 * @param {string} path
 * @returns {{ frames: number, live: number }} how many frames it has, and how many of its flows are live at a time, at most
 */
export function generate(workload, path) {
  const { flows, alive, ramp, think, ipVersion, snapLength } = workload;
  const random = new Random(SEED);
  const writer = new PcapWriter(path, ipVersion, snapLength);
  const timeline = new Timeline(alive);
  const live = new LiveFlows(flows);
  const conversations = Array.from({ length: alive }, () => new Conversation(workload, random));
  let begun = 0;
  for (const [member, conversation] of conversations.entries()) {
    conversation.begin(begun++);
    timeline.schedule(member, 1 + random.below(ramp));
  }
  const wire = {
    time: 0,
    source: 0,
    destination: 0,
    sourcePort: 0,
    destinationPort: 0,
    seq: 0,
    ack: 0,
    flags: 0,
    length: 0,
    id: 0,
    mss: 0,
    tsVal: 0,
    tsEcr: 0,
  };
  for (let member = timeline.next(); member >= 0; member = timeline.next()) {
    const conversation = conversations[member];
    wire.time = timeline.now;
    if (!conversation.hasBegun) live.begin(timeline.now);
    const wait = conversation.send(wire, timeline.now);
    writer.write(wire);
    if (wait > 0) {
      timeline.schedule(member, wait);
      continue;
    }
    live.end(timeline.now);
    if (begun < flows) {
      conversation.begin(begun++);
      timeline.schedule(member, random.wait(think / 10));
    }
  }
  writer.close();
  return { frames: writer.frames, live: live.most };
}
