import { describe, expect, it } from 'vitest';
import { nextStates, type TcpEvent } from '../../src/connection/postmortem/state-machine.js';
import { TCP_STATES, type TcpState } from '../../src/connection/state.js';

const EVENTS = [
  'send-syn',
  'send-syn-ack',
  'send-segment',
  'send-fin',
  'send-rst',
  'receive-syn',
  'receive-syn-ack',
  'receive-ack-of-syn',
  'receive-fin',
  'receive-ack-of-fin',
  'receive-rst',
  'receive-icmp-error',
  'new-incarnation',
  'timeout',
] as const satisfies readonly TcpEvent[];

type Table = Readonly<Record<TcpState, Partial<Record<TcpEvent, readonly TcpState[]>>>>;

/**
 * Which states are entered, by RFC 9293; what is left out changes nothing. A segment that an end sends shows states that it
 * passed on the way, though what led there passed the tap unseen.
 */
const ENTERED: Table = {
  // 3.10.1 OPEN, and 3.10.7.1: a segment to a closed port draws a RST and changes nothing.
  CLOSED: {
    'send-syn': ['SYN_SENT'],
    'send-syn-ack': ['SYN_RECV'],
    'receive-syn': ['SYN_RECV'],
    'send-segment': ['SYN_SENT', 'ESTABLISHED'],
    'send-fin': ['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT1'],
  },
  // 3.10.7.2: RST is ignored, ACK is answered with RST, SYN is taken.
  LISTEN: {
    'send-syn': ['SYN_SENT'],
    'send-syn-ack': ['SYN_RECV'],
    'receive-syn': ['SYN_RECV'],
    'send-segment': ['SYN_RECV', 'ESTABLISHED'],
    'send-fin': ['SYN_RECV', 'ESTABLISHED', 'FIN_WAIT1'],
  },
  // 3.10.7.3, and 3.8.3 where nothing answers; an ICMP error ends it on Linux (tcp_v4_err), and nothing else (3.9.2.2).
  SYN_SENT: {
    'send-syn-ack': ['SYN_RECV'],
    'receive-syn': ['SYN_RECV'],
    'receive-syn-ack': ['ESTABLISHED'],
    'receive-ack-of-syn': ['ESTABLISHED'],
    'send-segment': ['ESTABLISHED'],
    'send-fin': ['ESTABLISHED', 'FIN_WAIT1'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'receive-icmp-error': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  // 3.10.7.4 for SYN-RECEIVED; a SYN+ACK of the peer acknowledges as an ACK does (figure 7).
  SYN_RECV: {
    'receive-ack-of-syn': ['ESTABLISHED'],
    'receive-syn-ack': ['ESTABLISHED'],
    'send-segment': ['ESTABLISHED'],
    'send-fin': ['ESTABLISHED', 'FIN_WAIT1'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  // 3.10.4 CLOSE, 3.10.5 ABORT, 3.10.7.4 second and eighth, 3.8.3.
  ESTABLISHED: {
    'send-fin': ['FIN_WAIT1'],
    'receive-fin': ['CLOSE_WAIT'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  FIN_WAIT1: {
    'receive-ack-of-fin': ['FIN_WAIT2'],
    'receive-fin': ['CLOSING'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  FIN_WAIT2: {
    'receive-fin': ['TIME_WAIT'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  CLOSING: {
    'receive-ack-of-fin': ['TIME_WAIT'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  // 3.10.7.4: nothing but the peer's FIN can come, and it starts 2 MSL anew; 3.10.5: an abort has nobody to tell.
  TIME_WAIT: {
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  CLOSE_WAIT: {
    'send-fin': ['LAST_ACK'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
  LAST_ACK: {
    'receive-ack-of-fin': ['CLOSED'],
    'send-rst': ['CLOSED'],
    'receive-rst': ['CLOSED'],
    'new-incarnation': ['CLOSED'],
    timeout: ['CLOSED'],
  },
};

/**
 * The arrows of figure 5 that segments take, with what takes them: event by event where the figure draws one arrow for a
 * segment that is two events. Not here: OPEN and CLOSE between CLOSED and LISTEN, which no segment shows.
 */
const ARROWS: readonly (readonly [from: TcpState, to: TcpState, events: readonly TcpEvent[]])[] = [
  ['CLOSED', 'SYN_SENT', ['send-syn']],
  ['LISTEN', 'SYN_RECV', ['receive-syn']],
  ['LISTEN', 'SYN_SENT', ['send-syn']],
  ['SYN_SENT', 'SYN_RECV', ['receive-syn']],
  ['SYN_SENT', 'ESTABLISHED', ['receive-syn-ack']],
  ['SYN_SENT', 'CLOSED', ['timeout']],
  ['SYN_RECV', 'ESTABLISHED', ['receive-ack-of-syn']],
  // A FIN that is sent before the ACK of the SYN: the figure's arrow passes ESTABLISHED by.
  ['SYN_RECV', 'FIN_WAIT1', ['send-fin']],
  ['ESTABLISHED', 'FIN_WAIT1', ['send-fin']],
  ['ESTABLISHED', 'CLOSE_WAIT', ['receive-fin']],
  ['FIN_WAIT1', 'FIN_WAIT2', ['receive-ack-of-fin']],
  ['FIN_WAIT1', 'CLOSING', ['receive-fin']],
  // Note 2 of the figure: a FIN with the ACK of the FIN.
  ['FIN_WAIT1', 'TIME_WAIT', ['receive-ack-of-fin', 'receive-fin']],
  ['FIN_WAIT2', 'TIME_WAIT', ['receive-fin']],
  ['CLOSING', 'TIME_WAIT', ['receive-ack-of-fin']],
  ['TIME_WAIT', 'CLOSED', ['timeout']],
  ['CLOSE_WAIT', 'LAST_ACK', ['send-fin']],
  ['LAST_ACK', 'CLOSED', ['receive-ack-of-fin']],
];

/** Besides the arrows: a request taken from a port that was not known to listen, and aborts, which the figure leaves out. */
const isLegal = (from: TcpState, to: TcpState): boolean =>
  ARROWS.some((arrow) => arrow[0] === from && arrow[1] === to) ||
  (from === 'CLOSED' && to === 'SYN_RECV') ||
  (from !== 'CLOSED' && from !== 'LISTEN' && to === 'CLOSED');

describe.each(TCP_STATES)('in %s', (state) => {
  it.each(EVENTS)('%s', (event) => {
    expect(nextStates(state, event)).toEqual(ENTERED[state][event] ?? []);
  });

  it('no event takes a way that RFC 9293 does not know', () => {
    for (const event of EVENTS) {
      const path = [state, ...nextStates(state, event)];
      for (let i = 1; i < path.length; i++) {
        expect(isLegal(path[i - 1], path[i]), `${path[i - 1]} > ${path[i]} by ${event}`).toBe(true);
      }
    }
  });
});

it.each(ARROWS)('from %s one comes to %s by %j', (from, to, events) => {
  let state = from;
  for (const event of events) {
    const path = nextStates(state, event);
    expect(path).not.toEqual([]);
    state = path[path.length - 1];
  }
  expect(state).toBe(to);
});

it('refuses a state or an event that it does not know', () => {
  expect(() => nextStates('SLEEPING' as TcpState, 'timeout')).toThrow('unhandled: SLEEPING');
  for (const state of TCP_STATES) expect(() => nextStates(state, 'sneeze' as TcpEvent)).toThrow('unhandled: sneeze');
});
