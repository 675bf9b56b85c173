/** What the SYN-ACKs of one target have in common so far: the yardstick for its resets and for its other ports. */
export interface HostFacts {
  /** SYN-ACKs counted. */
  readonly synAcks: number;
  /** TTL, IP ID, DF and raw window of the first SYN-ACK, and the port it came from. */
  readonly port: number;
  readonly ttl: number;
  /** True while every SYN-ACK carried IP ID 0. */
  readonly ipIdAlwaysZero: boolean;
  /** Smallest SYN-ACK RTT in milliseconds, or null when none was measured. */
  readonly minRttMs: number | null;
}
