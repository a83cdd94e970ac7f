/* What segments of a flow are coded by: those before them. */

/** One end of a flow, as far as its segments were coded. */
class Sender {
  /** One past the highest sequence number sent. */
  next: u32 = 0;
  /** Of the last segment. */
  tsVal: u32 = 0;
  ipId: u32 = 0;
  window: u32 = 0;
}

const ofA = new Sender();
const ofB = new Sender();

/** Of the last segment that was coded. */
export let frameBefore: u32 = 0;

export function beginSenders(): void {
  forget(ofA);
  forget(ofB);
  frameBefore = 0;
}

export function senderOf(d: u32): Sender {
  return d === 0 ? ofA : ofB;
}

export function setFrameBefore(frame: u32): void {
  frameBefore = frame;
}

function forget(sender: Sender): void {
  sender.next = sender.tsVal = sender.ipId = sender.window = 0;
}
