#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { CompiledScript } from './compiled-script.js';

const script = new CompiledScript(fileURLToPath(new URL('./command.cjs', import.meta.url)));
// scripts/bundle-command.mjs makes it of command.ts.
const { command } = script.run() as typeof import('./command.js');
process.exit(await command(process.argv.slice(2)));
