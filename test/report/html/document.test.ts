import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { pageDocument } from '../../../src/report/html/document.js';

const ASSETS = { script: 'document.title += "!";', style: 'body { color: red }' };
const page = (title: string): string =>
  [...pageDocument(ASSETS, title, [['rows', new Uint8Array([1, 2, 255])]])].join('');

test('allows its own script and style, by their hashes, and nothing else', () => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page('x'))?.[1] ?? '';
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const directives = Object.fromEntries(policy.split('; ').map((directive) => directive.split(/ (.*)/, 2)));
  expect(directives).toEqual({
    'default-src': "'none'",
    'script-src': hash(ASSETS.script),
    'style-src': hash(ASSETS.style),
    'base-uri': "'none'",
    'form-action': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  });
});

test('a title with markup in it stays a title', () => {
  const text = page('</title><script>alert(1)</script>');
  expect(text).toContain('<title>&#60;/title&#62;&#60;script&#62;');
  expect(text).not.toContain('<script>alert');
});

test('data are base64', () => {
  expect(page('x')).toContain('<script type="application/octet-stream" id="rows">AQL/</script>');
});
