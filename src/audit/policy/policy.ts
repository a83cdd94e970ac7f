import type { FindingKind, Severity } from '../../findings/finding.js';
import type { Thresholds } from '../../findings/thresholds.js';
import type { Scope } from './scope.js';

/** A policy, read and understood. */
export interface Policy {
  readonly path: string;
  readonly limits: readonly Limit[];
  readonly ignores: readonly Ignore[];
  readonly thresholds: Partial<Thresholds>;
  readonly baseline: BaselineRule;
}

/** What a limit counts. */
export type Subject =
  | { readonly kind: FindingKind }
  | { readonly severity: Severity }
  /** The value, in seconds, that the share `quantile` of the handshakes does not exceed. */
  | { readonly quantile: number };

export interface Limit {
  readonly subject: Subject;
  readonly scope: Scope;
  /** Whether it holds for each service by itself, instead of for all in the scope together. */
  readonly each: boolean;
  /** The most findings, or the greatest share of the flows, or the seconds that a handshake stays below. */
  readonly most: { readonly unit: 'findings' | 'share' | 'seconds'; readonly value: number };
  /** Flows below which it is not judged. */
  readonly minFlows: number;
  /** In the policy's file, from 1. */
  readonly line: number;
}

/** Findings that do not count, until a day. */
export interface Ignore {
  readonly kind: FindingKind;
  readonly scope: Scope;
  readonly reason: string;
  /** The last day, `2027-01-31`, on which it holds. */
  readonly until: string;
  readonly line: number;
}

export interface BaselineRule {
  /** The rate of false alarms that is accepted among the changes (Benjamini and Hochberg's q). */
  readonly significance: number;
  /** New or worse findings of this severity, or of a graver one, violate the policy; null: none do. */
  readonly fail: Severity | null;
}

export const DEFAULT_BASELINE: BaselineRule = { significance: 0.05, fail: null };
