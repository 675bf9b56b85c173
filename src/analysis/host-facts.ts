/** SYN-ACKs that came over the same number of hops. */
export interface HopGroup {
  readonly distance: number;
  /** The lowest of their ports, and the TTL of its SYN-ACK. */
  readonly port: number;
  readonly ttl: number;
  readonly synAcks: number;
}

/** What the SYN-ACKs of one target have in common so far: the baseline for its resets and for its other ports. */
export interface HostFacts {
  /** SYN-ACKs counted. */
  readonly synAcks: number;
  /** Port and TTL of the largest hop group; among equals, of the one with the lowest port. */
  readonly port: number;
  readonly ttl: number;
  /** In order of appearance, sixteen at most: ports of one address may be served by different machines. */
  readonly hopGroups: readonly HopGroup[];
  /** True while every SYN-ACK carried IP ID 0. */
  readonly ipIdAlwaysZero: boolean;
  /** Smallest and largest SYN-ACK RTT in milliseconds, or null when none was measured. */
  readonly minRttMs: number | null;
  readonly maxRttMs: number | null;
}
