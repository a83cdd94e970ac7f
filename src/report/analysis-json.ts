import type { CaptureError } from '../capture/error.js';
import { linkTypeName } from '../decode/link-type.js';
import { type Analysis, type CaptureSummary, droppedFrames } from '../findings/analysis.js';
import { timestamp } from './timestamp.js';

export type AnalysisJson = ReturnType<typeof analysisJson>;

/** What `analyze --format json` prints: one object for all captures. Times are ISO 8601 in UTC, null where unknown. */
export function analysisJson(analysis: Analysis) {
  return {
    captures: analysis.captures.map(captureJson),
    flows: analysis.flows,
    givenUp: analysis.givenUp,
    outcomes: analysis.outcomes,
    statesAtEnd: analysis.statesAtEnd,
    tap: analysis.tap,
    /** Seconds. */
    tapRtt: analysis.tapRtt,
    findings: analysis.findings.map((finding) => ({
      kind: finding.kind,
      severity: finding.severity,
      flows: finding.flows,
      examples: finding.examples,
      where: finding.where,
      firstAt: timestamp(finding.firstAt, finding.clock),
      message: finding.message,
      advice: finding.advice,
    })),
    acrossFlows: analysis.acrossFlows.map((finding) => ({
      kind: finding.kind,
      severity: finding.severity,
      subject: finding.subject,
      at: timestamp(finding.at, finding.clock),
      flows: finding.flows,
      examples: finding.examples,
      message: finding.message,
      advice: finding.advice,
    })),
    worst: analysis.worst.map((flow) => flow.flow),
  };
}

export function captureJson(capture: CaptureSummary) {
  const { clock, firstFrameAt, lastFrameAt } = capture;
  return {
    path: capture.path,
    format: capture.format,
    compression: capture.compression,
    linkType: capture.linkType,
    interfaces: capture.interfaces.map(({ name, linkType, snapLength, received, dropped }) => ({
      name,
      linkType: linkTypeName(linkType),
      snapLength,
      received,
      dropped,
    })),
    /** Frames that the capture says it lost; null where it says nothing. */
    dropped: droppedFrames(capture),
    frames: capture.frames,
    tcpSegments: capture.tcpSegments,
    outOfOrder: {
      frames: capture.outOfOrder.frames,
      /** Seconds. */
      furthest: capture.outOfOrder.furthest / 1e9,
      unsorted: capture.outOfOrder.unsorted,
    },
    skipped: capture.skipped,
    fragments: capture.fragments,
    complete: capture.complete,
    error: capture.error === null ? null : errorJson(capture.error),
    start: clock === null || firstFrameAt === null ? null : timestamp(firstFrameAt, clock),
    end: clock === null || lastFrameAt === null ? null : timestamp(lastFrameAt, clock),
  };
}

const errorJson = ({ code, message, offset, frame, expected, found }: CaptureError) => ({
  code,
  message,
  offset,
  frame,
  expected,
  found,
});
