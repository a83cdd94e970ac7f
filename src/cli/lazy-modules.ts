/**
 * Modules of Node.js that most runs of the command do without: to load them took a twentieth of the time that the analysis of a small
 * capture takes.
 */
const LAZY: ReadonlySet<string> = new Set(['node:child_process', 'node:crypto', 'node:worker_threads', 'node:zlib']);

/** As `require`, but some modules are loaded once something of them is asked for. */
export function requireLazily(require: NodeJS.Require): (id: string) => unknown {
  return (id) => (LAZY.has(id) ? loadedLate(() => require(id)) : require(id));
}

function loadedLate(load: () => object): object {
  let loaded: object | null = null;
  return new Proxy(
    {},
    {
      get: (_target, name) => {
        loaded ??= load();
        return Reflect.get(loaded, name);
      },
      has: (_target, name) => {
        loaded ??= load();
        return Reflect.has(loaded, name);
      },
    },
  );
}
