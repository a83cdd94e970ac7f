import type { FlowNetwork } from './flow-network.js';
import type { Time } from './model.js';
import type { SegmentLog } from './segment-log.js';

/** What post-mortems are made from: records of flows and their log, in the tracker itself or as copies of what it held. */
export interface FlowSource {
  readonly table: {
    /** Laid out as flow-record.ts says. */
    readonly i32: Int32Array;
    readonly f64: Float64Array;
    /** Null where networks are no part of the flows' key. */
    networkOf(record: number): FlowNetwork | null;
  };
  readonly log: SegmentLog;
  /** Tap times at which the application behind the listener of direction `d` showed itself; see listeners.ts. */
  listenerSigns(record: number, d: number): readonly Time[];
}
