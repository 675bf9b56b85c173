/** What there is to acknowledge. */
export interface Acknowledgeable {
  readonly what: 'syn-ack' | 'data' | 'fin';
  /** Segments with data that have come so far, this one included, repetitions too. */
  readonly dataSegments: number;
}

/** Whether to acknowledge at once. What is not can be made up for later (`Connection.acknowledge`); until then the peer sends it again. */
export type AckPolicy = (arrival: Acknowledgeable) => boolean;

/** As every stack does, without delay. */
export const acknowledgeAtOnce: AckPolicy = () => true;

/** Leaves the peer in SYN-RECEIVED: it repeats its SYN-ACK as often as it likes. */
export const acknowledgeNothing: AckPolicy = () => false;

/**
 * Acknowledges the handshake, and `segments` arrivals of data; no more after that. The peer then sends its oldest segment again by itself when its time-out
 * has passed (200 ms on Linux), and alone: its length is that of one segment, whatever network cards and kernels put together on the way.
 */
export function acknowledgeFirst(segments: number): AckPolicy {
  return ({ what, dataSegments }) => what === 'syn-ack' || dataSegments <= segments;
}
