import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runLab } from '../../lab/lab.js';
import { builtCommand } from '../../lab/paths.js';
import { obstacle } from '../../lab/requirements.js';
import { scenarios } from '../../lab/scenarios.js';
import { tableOf } from '../../lab/table.js';

const QUICK = ['normal-client-close', 'simultaneous-close', 'abort-server'];

const reason = (await obstacle()) ?? (existsSync(builtCommand) ? null : 'dist/ is not built');

describe('the lab', () => {
  it('has at least twenty scenarios, each with a name of its own', () => {
    const names = scenarios.map((scenario) => scenario.name);
    expect(names.length).toBeGreaterThanOrEqual(20);
    expect(new Set(names).size).toBe(names.length);
  });

  it.skipIf(reason !== null)(
    `agrees with this kernel${reason === null ? '' : ` (${reason})`}`,
    { timeout: 30_000 },
    async () => {
      const failed: string[] = [];
      const { verdicts, failures } = await runLab(
        scenarios.filter(({ name }) => QUICK.includes(name)),
        {
          command: builtCommand,
          jobs: 3,
          keep: null,
          signal: new AbortController().signal,
          onDone: ({ name }, failure) => failure !== null && failed.push(name),
        },
      );
      expect(failures).toEqual([]);
      expect(failed).toEqual([]);
      expect(verdicts).toHaveLength(QUICK.length * 2);
      expect(
        verdicts.flatMap((verdict) => verdict.differences),
        tableOf(verdicts),
      ).toEqual([]);
    },
  );
});
