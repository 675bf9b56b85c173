/**
 * Whether to acknowledge at once. `Connection.acknowledge` can do it later, after retransmissions.
 * `dataSegments`: segments with data that have come so far, this one included, repetitions too.
 */
export type AckPolicy = (arrival: { readonly what: 'syn-ack' | 'data' | 'fin'; readonly dataSegments: number }) => boolean;

/** As every stack does, without delay. */
export const acknowledgeAtOnce: AckPolicy = () => true;

/** Leaves the peer in SYN-RECEIVED, where it retransmits its SYN-ACK. */
export const acknowledgeNothing: AckPolicy = () => false;

/**
 * Acknowledges the handshake and the first `segments` arrivals of data. The peer then retransmits its oldest
 * segment after its time-out (200 ms on Linux), alone: its length is that of one segment, whatever cards and
 * kernels merge.
 */
export function acknowledgeFirst(segments: number): AckPolicy {
  return ({ what, dataSegments }) => what === 'syn-ack' || dataSegments <= segments;
}
