import type { EndpointState } from './endpoint.js';

export const CONN_STATES = [
  'S0',
  'S1',
  'SF',
  'REJ',
  'S2',
  'S3',
  'RSTO',
  'RSTR',
  'RSTOS0',
  'RSTRH',
  'SH',
  'SHR',
  'OTH',
] as const;
export type ConnState = (typeof CONN_STATES)[number];

const SYN_AND_RST_ONLY = /^\^?S[^HAFGIQ]*R.*$/;

const isInactive = (state: EndpointState): boolean => state === 'INACTIVE' || state === 'PARTIAL';

/** Zeek's `conn_state` (scripts/base/protocols/conn/main.zeek): the first rule that fits. Sizes are payload bytes. */
export function connState(
  originator: EndpointState,
  responder: EndpointState,
  history: string,
  originatorSize: number,
  responderSize: number,
): ConnState {
  if (responder === 'RESET') {
    if (originator === 'SYN_SENT' || originator === 'SYN_ACK_SENT') return 'REJ';
    if (originator === 'RESET' && originatorSize === 0 && responderSize === 0) return 'REJ';
    return isInactive(originator) ? 'RSTRH' : 'RSTR';
  }
  if (originator === 'RESET') {
    if (!isInactive(responder)) return 'RSTO';
    return SYN_AND_RST_ONLY.test(history) ? 'RSTOS0' : 'OTH';
  }
  if (originator === 'CLOSED' && responder === 'CLOSED') return 'SF';
  if (originator === 'CLOSED') return isInactive(responder) ? 'SH' : 'S2';
  if (responder === 'CLOSED') return isInactive(originator) ? 'SHR' : 'S3';
  if (originator === 'SYN_SENT' && responder === 'INACTIVE') return 'S0';
  if (originator === 'ESTABLISHED' && responder === 'ESTABLISHED') return 'S1';
  return 'OTH';
}
