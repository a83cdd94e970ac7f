/** From when on something is worth a finding. Times in seconds. */
export interface Thresholds {
  /** CLOSE_WAIT: the application has not closed. */
  readonly closeWait: number;
  /** FIN_WAIT2 that no timer has ended. */
  readonly finWait2: number;
  /** SYN to the ACK of the SYN+ACK, without a repetition. */
  readonly slowHandshake: number;
  /** A closed window while data waits. */
  readonly zeroWindow: number;
  /** Silence in an established connection, after which middleboxes have forgotten it. */
  readonly idle: number;
  /** Ports that one client tries without completing a handshake: a scan. */
  readonly scanPorts: number;
  /** Unanswered handshakes to one service at a time: a flood. */
  readonly floodHandshakes: number;
  /** TIME_WAIT sockets of one address at a time, towards one service: half of Linux's 28,232 ephemeral ports. */
  readonly timeWaitSockets: number;
  /** CLOSE_WAIT sockets of one service at a time. */
  readonly closeWaitSockets: number;
}

export const DEFAULT_THRESHOLDS: Thresholds = {
  closeWait: 1,
  finWait2: 60,
  slowHandshake: 1,
  zeroWindow: 1,
  idle: 7200,
  scanPorts: 20,
  floodHandshakes: 100,
  timeWaitSockets: 14000,
  closeWaitSockets: 50,
};
