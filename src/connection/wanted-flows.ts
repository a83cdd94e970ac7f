import { formatAddress } from '../decode/address.js';
import type { Segment } from '../decode/segment.js';
import type { FlowFilter } from './flow-filter.js';

/** Which flows somebody wants to see every segment of, as far as their first SYN tells. */
export interface WantedFlows {
  /** The number of the first flow behind that one which `holds` need be asked of; Infinity for none. */
  nextAfter(number: number): number;
  /** @param syn that begins the flow of this number */
  holds(number: number, syn: Segment): boolean;
}

/** @param numbers of flows, from 1 */
export function wantedByNumber(numbers: ReadonlySet<number>): WantedFlows {
  const ascending = [...numbers].sort((a, b) => a - b);
  let next = 0;
  return {
    nextAfter(number) {
      while (next < ascending.length && ascending[next] <= number) next++;
      return ascending[next] ?? Number.POSITIVE_INFINITY;
    },
    holds: (number) => numbers.has(number),
  };
}

export const wantedByEnds = (filter: FlowFilter): WantedFlows => ({
  nextAfter: (number) => number + 1,
  holds: (_, s) =>
    filter({
      client: {
        address: formatAddress(s.ipVersion, s.source0, s.source1, s.source2, s.source3),
        port: s.sourcePort,
      },
      server: {
        address: formatAddress(s.ipVersion, s.destination0, s.destination1, s.destination2, s.destination3),
        port: s.destinationPort,
      },
    }),
});
