import { ACK, FIN, RST, type Segment, SYN } from '../../../decode/segment.js';
import type { ZeekConnection } from './connection.js';
import type { ZeekEndpoint } from './endpoint.js';

/**
 * TCPSessionAdapter::UpdateStateMachine: what a segment does to its sender's state, and sometimes to its peer's.
 * @returns whether the sender has closed its side by it
 */
export function advanceState(
  connection: ZeekConnection,
  endpoint: ZeekEndpoint,
  peer: ZeekEndpoint,
  segment: Segment,
): boolean {
  switch (endpoint.state) {
    case 'INACTIVE':
      return fromInactive(connection, endpoint, peer, segment);
    case 'SYN_SENT':
    case 'SYN_ACK_SENT':
      return fromSynSent(endpoint, segment);
    case 'ESTABLISHED':
    case 'PARTIAL':
      return fromEstablished(endpoint, peer, segment);
    case 'CLOSED':
      return fromClosed(endpoint, peer, segment);
    case 'RESET':
      return false;
  }
}

function fromInactive(
  connection: ZeekConnection,
  endpoint: ZeekEndpoint,
  peer: ZeekEndpoint,
  { flags, length }: Segment,
): boolean {
  const isOriginator = endpoint === connection.orig;
  if ((flags & SYN) !== 0) {
    if (isOriginator) endpoint.setState((flags & ACK) !== 0 ? 'SYN_ACK_SENT' : 'SYN_SENT');
    else answerSyn(connection, endpoint, peer, (flags & ACK) !== 0);
  }
  if ((flags & FIN) !== 0) endpoint.setState('CLOSED');
  if ((flags & RST) !== 0) endpoint.setState('RESET');
  if (endpoint.state === 'INACTIVE') {
    // Some answer a SYN with an ACK before their SYN+ACK.
    const isEarlyAck = !isOriginator && length === 0 && connection.orig.state === 'SYN_SENT';
    if (!isEarlyAck) leaveInactive(connection, endpoint, peer, (flags & ACK) !== 0);
  }
  return (flags & (FIN | RST)) !== 0;
}

/** The responder's SYN, with or without ACK: both are taken for established. */
function answerSyn(connection: ZeekConnection, endpoint: ZeekEndpoint, peer: ZeekEndpoint, hasAck: boolean): void {
  if (!hasAck && peer.state === 'SYN_ACK_SENT') {
    // SYN and SYN+ACK were captured in the wrong order.
    connection.flip();
    peer.setState('ESTABLISHED');
    connection.becomeWhole(connection.orig);
  }
  if (peer.state === 'SYN_SENT') peer.setState('ESTABLISHED');
  endpoint.setState('ESTABLISHED');
}

function leaveInactive(connection: ZeekConnection, endpoint: ZeekEndpoint, peer: ZeekEndpoint, hasAck: boolean): void {
  if (hasAck && peer.state === 'ESTABLISHED') {
    // Only the SYN was missed.
    endpoint.setState('ESTABLISHED');
    connection.becomeWhole(endpoint);
  } else {
    endpoint.setState('PARTIAL');
  }
}

function fromSynSent(endpoint: ZeekEndpoint, { flags }: Segment): boolean {
  if ((flags & FIN) !== 0) endpoint.setState('CLOSED');
  if ((flags & RST) !== 0) endpoint.setState('RESET');
  return (flags & (FIN | RST)) !== 0;
}

function fromEstablished(endpoint: ZeekEndpoint, peer: ZeekEndpoint, { flags }: Segment): boolean {
  if ((flags & (SYN | ACK)) === SYN && endpoint.state === 'PARTIAL' && peer.state === 'INACTIVE') {
    endpoint.setState('SYN_SENT');
  }
  if ((flags & (FIN | RST)) === FIN) {
    endpoint.setState('CLOSED');
    // A FIN and then a RST, answered by a FIN: an ordinary end.
    if (peer.state === 'RESET' && peer.previous === 'CLOSED') peer.setState('CLOSED');
  }
  if ((flags & RST) !== 0) endpoint.setState('RESET');
  return (flags & (FIN | RST)) !== 0;
}

function fromClosed(endpoint: ZeekEndpoint, peer: ZeekEndpoint, { flags }: Segment): boolean {
  if ((flags & RST) === 0 || peer.state === 'CLOSED') return false;
  endpoint.setState('RESET');
  return !endpoint.didClose;
}
