import { readFileSync } from 'node:fs';

/** Of lastack. */
export const { version: VERSION }: { readonly version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
