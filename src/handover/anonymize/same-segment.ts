import type { Segment } from '../../decode/segment.js';

/** Whether two segments say the same, addresses apart. Written out, since this is asked of every frame. */
export function isSameSegment(a: Segment, b: Segment): boolean {
  return (
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort &&
    a.seq === b.seq &&
    a.ack === b.ack &&
    a.flags === b.flags &&
    a.window === b.window &&
    a.length === b.length &&
    areSameOptions(a, b) &&
    a.ipVersion === b.ipVersion &&
    a.ttl === b.ttl &&
    a.ipId === b.ipId &&
    a.vlan === b.vlan &&
    a.innerVlan === b.innerVlan &&
    a.tunnel === b.tunnel &&
    a.tunnelId === b.tunnelId &&
    a.icmpType === b.icmpType &&
    a.icmpCode === b.icmpCode &&
    a.quotedSeq === b.quotedSeq
  );
}

function areSameOptions(a: Segment, b: Segment): boolean {
  for (let i = 0; i < 2 * a.sackCount; i++) if (a.sack[i] !== b.sack[i]) return false;
  return (
    a.optionsComplete === b.optionsComplete &&
    a.mss === b.mss &&
    a.windowScale === b.windowScale &&
    a.sackPermitted === b.sackPermitted &&
    a.hasTimestamps === b.hasTimestamps &&
    a.tsVal === b.tsVal &&
    a.tsEcr === b.tsEcr &&
    a.sackCount === b.sackCount &&
    a.fastOpen === b.fastOpen
  );
}
