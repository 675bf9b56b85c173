/** How fast and how persistently a run probes. */
export interface Timing {
  /** First retransmission time-out in milliseconds, before any RTT is known (RFC 6298, 2.1: one second). */
  readonly timeoutMs: number;
  /** SYNs after the first before a silent port is `filtered`; null: 2, and more if the path loses packets. */
  readonly retries: number | null;
  /** RTT samples wanted from each port that answers. */
  readonly count: number;
  /** Packets a second; Infinity: as fast as this host can, ignoring losses; null: found during the run. */
  readonly rate: number | null;
  readonly maxInFlight: number | null;
}
