/** How fast and how persistently a run probes. */
export interface Timing {
  /** First retransmission time-out in milliseconds, before any RTT is known (RFC 6298, 2.1: one second). */
  readonly timeoutMs: number;
  /**
   * SYNs after the first before a silent port is `filtered`; null = 2, and more while the path is seen to
   * lose packets.
   */
  readonly retries: number | null;
  /** RTT samples wanted from each port that answers. */
  readonly count: number;
  /**
   * Packets a second. With a rate the window starts wide open; Infinity sends as fast as this host can and
   * ignores losses; null: the rate is found during the run.
   */
  readonly rate: number | null;
  readonly maxInFlight: number | null;
}
