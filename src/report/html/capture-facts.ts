import type { CaptureSummary } from '../../findings/analysis.js';
import { formatCount, formatDuration, formatTimestamp } from '../units.js';
import type { CaptureFacts } from './embedded.js';

/** What one capture is, in a few words each. */
export function captureFacts(capture: CaptureSummary): CaptureFacts {
  const { path, clock, error, complete, frames } = capture;
  const facts: string[] = [];
  if (frames > 0 || error === null) {
    const format = capture.compression === null ? capture.format : `${capture.format} (${capture.compression})`;
    facts.push(`${format}, ${capture.linkType}`);
    facts.push(`${formatCount(frames)} frames, ${formatCount(capture.tcpSegments)} TCP`);
  }
  const span = spanOf(capture);
  if (span !== null) facts.push(span);
  const skipped = Object.entries(capture.skipped).filter(([, count]) => count > 0);
  if (skipped.length > 0) {
    facts.push(`passed over: ${skipped.map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ')}`);
  }
  const trouble = error === null ? (complete ? null : 'could not be read to its end') : error.message;
  return { path, clock, facts, trouble };
}

/** `2026-11-20 13:53:02 – 13:53:08 UTC (6.04 s)` */
function spanOf({ clock, firstFrameAt, lastFrameAt }: CaptureSummary): string | null {
  if (clock === null || firstFrameAt === null || lastFrameAt === null) return null;
  const [firstDate, firstTime] = formatTimestamp(firstFrameAt, clock).slice(0, 19).split('T');
  const [lastDate, lastTime] = formatTimestamp(lastFrameAt, clock).slice(0, 19).split('T');
  const until = firstDate === lastDate ? lastTime : `${lastDate} ${lastTime}`;
  return `${firstDate} ${firstTime} – ${until} UTC (${formatDuration(lastFrameAt - firstFrameAt)})`;
}
