import type { TcpState } from '../connection/state.js';
import type { Severity } from '../findings/finding.js';

/** What a piece of text is, for whoever chooses its colour. */
export type Look = 'quiet' | 'strong' | 'failed' | 'repeated' | Severity | TcpState;

/** Paints a piece of text without changing its width. */
export type Style = (look: Look, text: string) => string;

/** For pipes, files, pages, and whoever does not want colour. */
export const PLAIN: Style = (_look, text) => text;

export const SEVERITY_MARK: Readonly<Record<Severity, string>> = { error: '✖', warning: '▲', notice: '●', info: '·' };
