import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { FindingKind, Severity } from '../../findings/finding.js';
import type { Thresholds } from '../../findings/thresholds.js';
import { parseDuration } from '../../report/units.js';
import { AuditError } from '../error.js';
import { DEFAULT_BASELINE, type Ignore, type Limit, type Policy, type Subject } from './policy.js';
import { type Scope, type ScopeWords, scopeOf } from './scope.js';

const SCHEMA = new URL('../../../schema/policy.schema.json', import.meta.url);

/** A mistake in a policy: file, line, what was expected and what was found. */
export class PolicyError extends AuditError {
  override readonly name = 'PolicyError';

  constructor(
    readonly path: string,
    /** From 1; null where the file could not be read. */
    readonly line: number | null,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${path}${line === null ? '' : `:${line}`}: expected ${expected}, found ${found}`);
  }
}

interface PolicyFile {
  readonly limits?: readonly LimitWords[];
  readonly ignore?: readonly (ScopeWords & {
    readonly kind: FindingKind;
    readonly reason: string;
    readonly until: string;
  })[];
  readonly thresholds?: Readonly<Record<string, number | string>>;
  readonly baseline?: { readonly significance?: number; readonly fail?: Severity | 'never' };
}

interface LimitWords extends ScopeWords {
  readonly kind?: FindingKind;
  readonly severity?: Severity;
  readonly handshake?: string;
  readonly each?: 'service';
  readonly max?: number;
  readonly maxShare?: number | string;
  readonly below?: number | string;
  readonly minFlows?: number;
}

type Place = readonly (string | number)[];

let compiled: ValidateFunction<PolicyFile> | null = null;

function validator(): ValidateFunction<PolicyFile> {
  compiled ??= new Ajv({ allErrors: true, verbose: true, strictTypes: false }).compile<PolicyFile>(
    JSON.parse(readFileSync(SCHEMA, 'utf8')),
  );
  return compiled;
}

/**
 * Reads a policy, in YAML or JSON.
 * @throws PolicyError for the first mistake in it
 */
export function loadPolicy(path: string): Policy {
  const source = new Source(path, readText(path));
  const file = source.content;
  return {
    path,
    limits: (file.limits ?? []).map((words, i) => limitOf(words, source, ['limits', i])),
    ignores: (file.ignore ?? []).map((words, i): Ignore => {
      const { kind, reason, until } = words;
      if (!isDay(until)) throw source.mistake(['ignore', i, 'until'], 'a day of the calendar such as 2027-01-31');
      const place = ['ignore', i];
      return { kind, reason, until, scope: source.scope(words, place), line: source.line(place) };
    }),
    thresholds: Object.fromEntries(
      Object.entries(file.thresholds ?? {}).map(([name, value]) => [name, seconds(value)]),
    ) as Partial<Thresholds>,
    baseline: {
      significance: file.baseline?.significance ?? DEFAULT_BASELINE.significance,
      fail: file.baseline?.fail === 'never' ? null : (file.baseline?.fail ?? DEFAULT_BASELINE.fail),
    },
  };
}

function limitOf(words: LimitWords, source: Source, place: Place): Limit {
  const { max, maxShare, below } = words;
  return {
    subject: subjectOf(words),
    scope: source.scope(words, place),
    each: words.each === 'service',
    most:
      below !== undefined
        ? { unit: 'seconds', value: seconds(below) }
        : max !== undefined
          ? { unit: 'findings', value: max }
          : { unit: 'share', value: share(maxShare ?? 0) },
    minFlows: words.minFlows ?? 1,
    line: source.line(place),
  };
}

function subjectOf({ kind, severity, handshake }: LimitWords): Subject {
  if (kind !== undefined) return { kind };
  return severity !== undefined ? { severity } : { quantile: Number((handshake ?? '').slice(1)) / 100 };
}

/** A policy's text, its values, and where they stand. */
class Source {
  readonly content: PolicyFile;
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, strict: true });
    const [fault] = this.#document.errors;
    if (fault !== undefined) {
      throw new PolicyError(path, this.#lines.linePos(fault.pos[0]).line, 'YAML or JSON', fault.message);
    }
    this.content = this.#validated();
  }

  line(place: Place): number {
    // What is missing has the line of what it is missing in.
    for (let length = place.length; length > 0; length--) {
      const node = this.#document.getIn(place.slice(0, length), true);
      if (isNode(node) && node.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }

  mistake(place: Place, expected: string): PolicyError {
    return new PolicyError(this.#path, this.line(place), expected, this.#found(place));
  }

  scope(words: ScopeWords, place: Place): Scope {
    try {
      return scopeOf(words);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.mistake([...place, words.service === undefined ? 'address' : 'service'], error.message);
    }
  }

  #validated(): PolicyFile {
    let content: unknown;
    try {
      content = this.#document.toJS();
    } catch (error) {
      throw new PolicyError(this.#path, 1, 'YAML or JSON', error instanceof Error ? error.message : String(error));
    }
    const validate = validator();
    if (validate(content)) return content;
    throw this.#explain(validate.errors ?? []);
  }

  /** The mistake that stands first in the file. */
  #explain(errors: readonly ErrorObject[]): PolicyError {
    const mistakes = errors
      // What holds several mistakes together, or one of several ways out, says less than the others.
      .filter(({ keyword, schemaPath }) => keyword !== 'if' && !/\/oneOf\/\d/.test(schemaPath))
      .map((error) => this.#mistakeOf(error));
    mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
    return mistakes[0];
  }

  #mistakeOf(error: ErrorObject): PolicyError {
    const place = error.instancePath
      .split('/')
      .slice(1)
      .map((word) => word.replaceAll('~1', '/').replaceAll('~0', '~'))
      .map((word) => (/^\d+$/.test(word) ? Number(word) : word));
    const name = place.at(-1);
    if (error.keyword === 'additionalProperties') {
      const unknown = String(error.params.additionalProperty);
      const known = Object.keys(error.parentSchema?.properties ?? {}).join(', ');
      return new PolicyError(this.#path, this.line([...place, unknown]), `one of ${known}`, JSON.stringify(unknown));
    }
    if (error.keyword === 'required') {
      const missing = String(error.params.missingProperty);
      return new PolicyError(this.#path, this.line(place), `${missing} in ${where(place)}`, 'none');
    }
    if (error.keyword === 'false schema') {
      return new PolicyError(this.#path, this.line(place), `no ${name} beside what the limit has`, this.#found(place));
    }
    const description = String(error.parentSchema?.description ?? error.message);
    if (error.keyword === 'oneOf') {
      const given = Object.keys((error.data ?? {}) as object).join(', ');
      return new PolicyError(this.#path, this.line(place), `${description} in ${where(place)}`, given || 'nothing');
    }
    return new PolicyError(this.#path, this.line(place), description, this.#found(place));
  }

  #found(place: Place): string {
    return JSON.stringify(place.length === 0 ? this.#document.toJS() : this.#valueOf(place)) ?? 'nothing';
  }

  #valueOf(place: Place): unknown {
    const node = this.#document.getIn(place, true);
    return isNode(node) ? node.toJS(this.#document) : node;
  }
}

/** `limits[2]`, counted from 1 as people do. */
function where(place: Place): string {
  if (place.length === 0) return 'the policy';
  return place.map((word, i) => (typeof word === 'number' ? ` ${word + 1}` : `${i > 0 ? '.' : ''}${word}`)).join('');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const found = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'nothing of that name' : error;
    throw new PolicyError(path, null, 'a policy', found instanceof Error ? found.message : String(found));
  }
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const seconds = (value: number | string): number => (typeof value === 'number' ? value : parseDuration(value) / 1e9);

const share = (value: number | string): number => (typeof value === 'number' ? value : Number.parseFloat(value) / 100);
