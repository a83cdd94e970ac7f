import { formatCount } from './units.js';

/** What is said where more connections were open at a time than are followed. */
export function givenUpText(connections: number): string {
  const were = connections === 1 ? 'connection was' : 'connections were';
  return `${formatCount(connections)} ${were} given up: more were open at a time than are followed (--max-flows)`;
}
