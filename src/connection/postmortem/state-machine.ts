import type { TcpState } from '../state.js';

/** What happens to an endpoint: it sends, it is reached by what the other end sent, or a timer runs out. */
export type TcpEvent =
  | 'send-syn'
  | 'send-syn-ack'
  /** Anything that only a synchronized state sends: data, an ACK, a probe. */
  | 'send-segment'
  | 'send-fin'
  | 'send-rst'
  | 'receive-syn'
  | 'receive-syn-ack'
  | 'receive-ack-of-syn'
  | 'receive-fin'
  | 'receive-ack-of-fin'
  | 'receive-rst'
  /** An ICMP error that quotes its SYN. */
  | 'receive-icmp-error'
  /** A SYN that opens the next incarnation of the same addresses and ports, sent or received. */
  | 'new-incarnation'
  | 'timeout';

const STAY: readonly TcpState[] = [];

/**
 * The state machine of RFC 9293, section 3.10, as Linux has it: one exhaustive match over (state, event).
 *
 * What an endpoint sends proves its own state, so a `send-` event may have to pass through states whose cause was never
 * captured; these are part of the answer. What does not apply to a state changes nothing.
 *
 * @returns the states entered, in order; empty where the state stays.
 */
export function nextStates(state: TcpState, event: TcpEvent): readonly TcpState[] {
  switch (state) {
    case 'CLOSED':
    case 'LISTEN':
      switch (event) {
        // Active open (RFC 9293, 3.10.1).
        case 'send-syn':
          return ['SYN_SENT'];
        // Passive open is answered from the listener (3.10.7.2); Linux keeps a request socket (inet_csk_reqsk_queue_hash_add).
        case 'receive-syn':
        case 'send-syn-ack':
          return ['SYN_RECV'];
        // Its handshake passed the tap unseen: only a synchronized state sends data or bare ACKs.
        case 'send-segment':
          return state === 'LISTEN' ? ['SYN_RECV', 'ESTABLISHED'] : ['SYN_SENT', 'ESTABLISHED'];
        case 'send-fin':
          return state === 'LISTEN'
            ? ['SYN_RECV', 'ESTABLISHED', 'FIN_WAIT1']
            : ['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT1'];
        // Without a socket a segment is answered with RST and nothing changes (3.10.7.1).
        case 'send-rst':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-fin':
        case 'receive-ack-of-fin':
        case 'receive-icmp-error':
        case 'receive-rst':
        case 'new-incarnation':
        case 'timeout':
          return STAY;
        default:
          return never(event);
      }
    case 'SYN_SENT':
      switch (event) {
        // A retransmitted SYN.
        case 'send-syn':
          return STAY;
        // SYN without ACK: a simultaneous open (3.5, figure 7).
        case 'receive-syn':
        case 'send-syn-ack':
          return ['SYN_RECV'];
        // Our SYN is acknowledged and the peer's received (3.10.7.3, fourth).
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'send-segment':
          return ['ESTABLISHED'];
        case 'send-fin':
          return ['ESTABLISHED', 'FIN_WAIT1'];
        // connect() was refused (3.10.7.3, second), aborted, or gave up (R2 of 3.8.3; tcp_write_timeout); Linux takes any
        // ICMP error for a refusal here (tcp_v4_err), where RFC 9293, section 3.9.2.2 has soft errors.
        case 'receive-icmp-error':
        case 'receive-rst':
        case 'send-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        case 'receive-fin':
        case 'receive-ack-of-fin':
          return STAY;
        default:
          return never(event);
      }
    case 'SYN_RECV':
      switch (event) {
        // A repeated SYN is answered with the SYN+ACK again (tcp_check_req).
        case 'send-syn':
        case 'send-syn-ack':
        case 'receive-syn':
          return STAY;
        // The ACK of our SYN completes the handshake (3.10.7.4, fifth; tcp_check_req).
        case 'receive-ack-of-syn':
        case 'receive-syn-ack':
        case 'send-segment':
          return ['ESTABLISHED'];
        case 'send-fin':
          return ['ESTABLISHED', 'FIN_WAIT1'];
        // The request is dropped: by RST (3.10.7.4, second), after tcp_synack_retries (reqsk_timer_handler), or refused.
        case 'receive-rst':
        case 'send-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        // Its ACK comes first and is an event of its own; a FIN without it is not processed (3.10.7.4, eighth).
        case 'receive-fin':
        case 'receive-ack-of-fin':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    case 'ESTABLISHED':
      switch (event) {
        // The application closed or shut down its sending side (3.10.4).
        case 'send-fin':
          return ['FIN_WAIT1'];
        // The peer will send no more (3.10.7.4, eighth; tcp_fin).
        case 'receive-fin':
          return ['CLOSE_WAIT'];
        // Aborted, reset by the peer, or given up: retransmissions, keep-alive, TCP_USER_TIMEOUT (3.10.5, 3.8.3).
        case 'send-rst':
        case 'receive-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        case 'send-syn':
        case 'send-syn-ack':
        case 'send-segment':
        case 'receive-syn':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-ack-of-fin':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    case 'FIN_WAIT1':
      switch (event) {
        // Our FIN is acknowledged (3.10.7.4, fifth).
        case 'receive-ack-of-fin':
          return ['FIN_WAIT2'];
        // The peer's FIN, and ours not acknowledged yet: they crossed (3.10.7.4, eighth; figure 13).
        case 'receive-fin':
          return ['CLOSING'];
        // Reset, aborted, or an orphan's retransmissions used up (tcp_orphan_retries).
        case 'receive-rst':
        case 'send-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        case 'send-fin':
        case 'send-segment':
        case 'send-syn':
        case 'send-syn-ack':
        case 'receive-syn':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    case 'FIN_WAIT2':
      switch (event) {
        // The peer has closed, too (3.10.7.4, eighth).
        case 'receive-fin':
          return ['TIME_WAIT'];
        // Reset, aborted, or an orphan's tcp_fin_timeout is over (tcp_time_wait with the substate FIN_WAIT2).
        case 'receive-rst':
        case 'send-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        case 'send-fin':
        case 'send-segment':
        case 'send-syn':
        case 'send-syn-ack':
        case 'receive-syn':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-ack-of-fin':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    case 'CLOSING':
      switch (event) {
        // Our FIN is acknowledged at last (3.10.7.4, fifth).
        case 'receive-ack-of-fin':
          return ['TIME_WAIT'];
        case 'receive-rst':
        case 'send-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        case 'send-fin':
        case 'send-segment':
        case 'send-syn':
        case 'send-syn-ack':
        case 'receive-syn':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-fin':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    case 'TIME_WAIT':
      switch (event) {
        // 2 MSL are over, a new SYN takes the place (3.6.1; tcp_timewait_state_process), or a RST assassinates (RFC 1337).
        case 'timeout':
        case 'receive-rst':
        case 'new-incarnation':
          return ['CLOSED'];
        // A repeated FIN is acknowledged again and starts 2 MSL anew: the timer knows, the state stays.
        case 'receive-fin':
        case 'send-segment':
        case 'send-fin':
        case 'send-rst':
        case 'send-syn':
        case 'send-syn-ack':
        case 'receive-syn':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-ack-of-fin':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    case 'CLOSE_WAIT':
      switch (event) {
        // The application has closed at last (3.10.4).
        case 'send-fin':
          return ['LAST_ACK'];
        // Reset, aborted, or given up: no timer of its own ends it.
        case 'receive-rst':
        case 'send-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        case 'receive-fin':
        case 'send-segment':
        case 'send-syn':
        case 'send-syn-ack':
        case 'receive-syn':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-ack-of-fin':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    case 'LAST_ACK':
      switch (event) {
        // Our FIN is acknowledged (3.10.7.4, fifth), or reset, or its retransmissions are used up.
        case 'receive-ack-of-fin':
        case 'receive-rst':
        case 'send-rst':
        case 'timeout':
        case 'new-incarnation':
          return ['CLOSED'];
        case 'receive-fin':
        case 'send-fin':
        case 'send-segment':
        case 'send-syn':
        case 'send-syn-ack':
        case 'receive-syn':
        case 'receive-syn-ack':
        case 'receive-ack-of-syn':
        case 'receive-icmp-error':
          return STAY;
        default:
          return never(event);
      }
    default:
      return never(state);
  }
}

function never(value: never): never {
  throw new Error(`unhandled: ${String(value)}`);
}
