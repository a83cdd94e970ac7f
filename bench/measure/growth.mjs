/**
 * What commands took on a workload.
 * @typedef {object} Cost
 * @property {string} workload its name
 * @property {number} alive flows that are open at a time
 * @property {number} frames
 * @property {ReadonlyMap<string, { wall: number, cpu: number | null }>} results seconds, by command
 */

/**
 * How much more a packet costs where the most flows are open than where the fewest are, among the workloads that differ in
 * nothing else; empty where there are not two of them.
 * @param {readonly Cost[]} costs
 */
export function growthLine(costs) {
  const series = costs.filter(({ workload }) => workload.startsWith('alive-')).sort((a, b) => a.alive - b.alive);
  const [smallest] = series;
  const largest = series[series.length - 1];
  if (series.length < 2) return '';
  const commands = [...largest.results].flatMap(([name, most]) => {
    const least = smallest.results.get(name);
    if (least === undefined) return [];
    const growth = (/** @type {number} */ more, /** @type {number} */ less) =>
      (more / largest.frames / (less / smallest.frames)).toFixed(2);
    const cpu = most.cpu === null || least.cpu === null ? '' : ` (of CPU time ${growth(most.cpu, least.cpu)})`;
    return [`${name} ${growth(most.wall, least.wall)}${cpu}`];
  });
  return `Time per packet, ${largest.workload} over ${smallest.workload}: ${commands.join(', ')}\n`;
}
