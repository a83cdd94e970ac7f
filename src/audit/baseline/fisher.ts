/** Terms smaller than this, against the sum, change nothing. */
const NEGLIGIBLE = 1e-17;
/** Tables as likely as the observed one count too, whatever the rounding. */
const TIE = 1 + 1e-7;

/** How often something was seen among how many. */
export interface Proportion {
  readonly findings: number;
  readonly flows: number;
}

/**
 * Fisher's exact test, two-sided: how likely two proportions are at least as far apart as these, were the true rates the same.
 * Sums the probabilities of all tables of the same margins that are no more likely than the observed one.
 */
export function fisherExact(a: Proportion, b: Proportion): number {
  const all = a.flows + b.flows;
  const hits = a.findings + b.findings;
  const least = Math.max(0, hits - b.flows);
  const most = Math.min(hits, a.flows);
  if (least === most) return 1;
  const constant = -logChoose(all, hits);
  const probability = (k: number): number => Math.exp(logChoose(a.flows, k) + logChoose(b.flows, hits - k) + constant);
  const observed = probability(a.findings);
  const mode = Math.min(most, Math.max(least, Math.floor(((hits + 1) * (a.flows + 1)) / (all + 2))));
  // Probabilities fall on both sides of the mode: each tail begins at the first table that is unlikely enough.
  const rare = (k: number): boolean => probability(k) <= observed * TIE;
  const left = lastWhere(least, mode, rare);
  const right = firstWhere(Math.max(mode, left + 1), most, rare);
  return Math.min(1, sum(probability, left, least, -1) + sum(probability, right, most, 1));
}

/** The last k in [from, to] that holds, where all before it do; from - 1 where none does. */
function lastWhere(from: number, to: number, holds: (k: number) => boolean): number {
  let low = from - 1;
  let high = to;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The first k in [from, to] that holds, where all after it do; to + 1 where none does. */
function firstWhere(from: number, to: number, holds: (k: number) => boolean): number {
  let low = from;
  let high = to + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sum(probability: (k: number) => number, from: number, to: number, step: 1 | -1): number {
  let total = 0;
  for (let k = from; step > 0 ? k <= to : k >= to; k += step) {
    const term = probability(k);
    total += term;
    if (term < total * NEGLIGIBLE) break;
  }
  return total;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series; below 10, the sum itself. */
function logFactorial(n: number): number {
  if (n < 10) {
    let total = 0;
    for (let i = 2; i <= n; i++) total += Math.log(i);
    return total;
  }
  const square = n * n;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / n;
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + series;
}
