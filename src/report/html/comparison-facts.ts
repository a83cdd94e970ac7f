import type { Comparison } from '../../compare/compared-flow.js';
import { comparisonClockWords, overlapWords } from '../compare-words.js';
import type { ComparisonFacts, DirectionFacts } from './embedded.js';

/** What the page says of both sides' captures together. */
export function comparisonFacts(comparison: Comparison): ComparisonFacts {
  const { captures, clock, flows, delivered, lost, injected, delays } = comparison;
  const words = [overlapWords(comparison), clock === null ? null : comparisonClockWords(clock)];
  const direction = (index: 0 | 1): DirectionFacts => ({
    delivered: delivered[index],
    lost: lost[index],
    injected: injected[index],
    delays: delays[index],
  });
  return {
    words: words.filter((sentence) => sentence !== null),
    first: captures[0].length,
    flows,
    directions: [direction(0), direction(1)],
  };
}
