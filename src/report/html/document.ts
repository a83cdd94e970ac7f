import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What the build makes of the folder `page`. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** The assets that the build left beside this module. */
export function builtAssets(): PageAssets {
  const read = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
  return { script: read('main.js'), style: read('page.css') };
}

/**
 * The document in pieces: one file that loads nothing, and that the browser keeps from doing so. `blocks` are data by id,
 * compressed with deflate. None of what comes from a capture is markup: titles are escaped, data are base64.
 */
export function* pageDocument(
  { script, style }: PageAssets,
  title: string,
  blocks: Iterable<readonly [id: string, data: Uint8Array]>,
): Generator<string> {
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(script, style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
</head>
<body>
<noscript>This report draws itself with the script that it contains: open it in a browser that runs scripts.</noscript>
`;
  for (const [id, data] of blocks) {
    yield `<script type="application/octet-stream" id="${id}">${Buffer.from(data).toString('base64')}</script>\n`;
  }
  yield `<script>${script}</script>\n</body>\n</html>\n`;
}

/** Only this script and this style, nothing from anywhere, and no text that becomes markup (Trusted Types). */
function policy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
