import type { CaptureInterface } from './capture/capture-interface.js';
import { CaptureError } from './capture/error.js';
import { openCapture } from './capture/open.js';
import { ReorderedSource } from './capture/reordered-source.js';
import type { SeriesMember } from './capture/series-member.js';
import type { PacketSource } from './capture/source.js';
import { TimeOrder } from './capture/time-order.js';
import type { Clock, Time } from './connection/model.js';
import { SECOND } from './connection/time.js';
import { FrameDecoder } from './decode/decoder.js';
import { isSupportedLinkType, linkTypeName } from './decode/link-type.js';
import { Reassembly } from './decode/reassembly.js';
import type { CaptureSummary } from './findings/analysis.js';
import type { Options } from './options.js';

/** What was read of one capture of a series. */
export interface CaptureTally {
  readonly decoder: FrameDecoder;
  /** Of the frames as they were followed. */
  readonly order: TimeOrder;
  frames: number;
  segments: number;
  first: Time;
  newest: Time;
}

/** One for each capture; fragments of a packet may be spread over them. */
export function talliesOf(members: readonly SeriesMember[], options: Options): readonly CaptureTally[] {
  const decoding = { verifyChecksums: options.verifyChecksums ?? false, reassembly: new Reassembly() };
  return members.map(() => ({
    decoder: new FrameDecoder(decoding),
    order: new TimeOrder(),
    frames: 0,
    segments: 0,
    first: 0,
    newest: Number.NEGATIVE_INFINITY,
  }));
}

/** @throws CaptureError where it cannot be read, or holds no link type that carries IP */
export async function openForTcp(path: string, options: Options): Promise<PacketSource> {
  const source = await openCapture(path, options.reader === undefined ? {} : { reader: options.reader });
  const { linkType, format } = source.info;
  // A capture in pcapng may have interfaces of other types.
  if (isSupportedLinkType(linkType) || format === 'pcapng') {
    return options.reorder === undefined ? source : new ReorderedSource(source, options.reorder * SECOND);
  }
  await source.close();
  throw unsupportedLinkType(path, linkTypeName(linkType));
}

/** Once the capture is closed. */
export function summaryOf(
  { path, info, interfaces, order: fileOrder, error: readError, openError }: SeriesMember,
  { decoder, order, frames, segments, first, newest }: CaptureTally,
  clock: Clock | null,
): CaptureSummary {
  const skipped = decoder.skippedByReason();
  const linkType = linkTypes(interfaces);
  const isForeign = frames > 0 && skipped['unknown-link-type'] === frames;
  const error = openError ?? readError ?? (isForeign ? unsupportedLinkType(path, linkType) : null);
  return {
    path,
    format: info?.format ?? 'unknown',
    compression: info?.compression ?? null,
    linkType,
    interfaces,
    frames,
    tcpSegments: segments,
    outOfOrder: {
      frames: (fileOrder ?? order).frames,
      furthest: (fileOrder ?? order).furthest,
      unsorted: order.frames,
    },
    skipped,
    fragments: decoder.fragments,
    complete: error === null,
    error,
    clock: frames === 0 ? null : clock,
    firstFrameAt: frames === 0 ? null : first,
    lastFrameAt: frames === 0 ? null : newest,
  };
}

function unsupportedLinkType(path: string, found: string): CaptureError {
  return new CaptureError('unsupported-link-type', path, null, null, 'a link type that carries IP', found);
}

/** The link types that the capture has, each once. */
function linkTypes(interfaces: readonly CaptureInterface[]): string {
  return [...new Set(interfaces.map(({ linkType }) => linkTypeName(linkType)))].join(', ') || 'unknown';
}
