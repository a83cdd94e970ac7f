import { randomBytes, randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { perform } from './experiment.js';
import type { Scenario } from './scenario.js';
import { openTracefs } from './tracing.js';
import { judge, type Verdict } from './verdict.js';

export interface LabOptions {
  /** lastack's main file. */
  readonly command: string;
  /** Scenarios played at once. */
  readonly jobs: number;
  /** Where captures and truth stay, a folder for each scenario; null to keep nothing. */
  readonly keep: string | null;
  /** Ends the lab early; what it made is removed all the same. */
  readonly signal: AbortSignal;
  /** Told when a scenario is over. */
  readonly onDone: (scenario: Scenario, failure: string | null) => void;
}

/** What came of all scenarios. */
export interface LabResult {
  readonly verdicts: readonly Verdict[];
  /** Scenarios that could not be played as they say, with the reason. */
  readonly failures: readonly string[];
  /** Whether the kernel was traced; otherwise all is from polls of its socket tables. */
  readonly traced: boolean;
}

/** Plays scenarios and judges lastack by what both kernels went through. At most 256 scenarios. */
export async function runLab(scenarios: readonly Scenario[], options: LabOptions): Promise<LabResult> {
  const name = `lastack-${randomBytes(3).toString('hex')}`;
  const network = `10.${randomInt(256)}`;
  setMaxListeners(0, options.signal); // every program that runs listens
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const tracefs = await openTracefs(folder);
  const verdicts = new Map<Scenario, readonly Verdict[]>();
  const failures: string[] = [];
  const queue = [...scenarios.entries()];
  const work = async () => {
    for (let next = queue.shift(); next && !options.signal.aborted; next = queue.shift()) {
      const [index, scenario] = next;
      try {
        const place = join(options.keep ?? folder, scenario.name);
        const outcome = await perform(scenario, index, place, { name, network, tracefs, signal: options.signal });
        verdicts.set(scenario, await judge(scenario, outcome, options.command));
        options.onDone(scenario, null);
      } catch (error) {
        const failure = error instanceof Error ? error.message : String(error);
        failures.push(`${scenario.name}: ${failure}`);
        options.onDone(scenario, failure);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    await tracefs?.leave();
    rmSync(folder, { recursive: true, force: true });
  }
  const inOrder = scenarios.flatMap((scenario) => verdicts.get(scenario) ?? []);
  return { verdicts: inOrder, failures, traced: tracefs !== null };
}
