import type { FlowNetwork } from './flow-network.js';
import type { FlowRecords } from './flow-record.js';
import type { Time } from './model.js';
import type { SegmentLog } from './segment-log.js';

/** What post-mortems are made from: records of flows and their log, as the tracker holds them. */
export interface FlowSource {
  readonly table: FlowRecords & {
    /** Null where networks are no part of the flows' key. */
    networkOf(record: number): FlowNetwork | null;
  };
  readonly log: SegmentLog;
  /** Tap times at which the application behind the listener of direction `d` showed itself; see listeners.ts. */
  listenerSigns(record: number, d: number): readonly Time[];
}
