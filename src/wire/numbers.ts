/** A TCP sequence number: unsigned 32 bits that wrap (RFC 9293, 3.4). Use `seqAdd` and `seqDiff` alone. */
export type Seq = number & { readonly __seq: unique symbol };

/** Whole nanoseconds, as a span or since the transport was opened: exact in a double for 104 days. */
export type Nanos = number;

/** Nanoseconds in a millisecond. */
export const NANOS_PER_MS = 1_000_000;
/** Nanoseconds in a second. */
export const NANOS_PER_SECOND = 1_000_000_000;

/** Wraps any number to a sequence number. */
export function seq(value: number): Seq {
  return (value >>> 0) as Seq;
}

/** `base + delta` modulo 2^32. */
export function seqAdd(base: Seq, delta: number): Seq {
  return ((base + delta) >>> 0) as Seq;
}

/** Signed distance from `b` to `a` in the range -2^31 to 2^31 - 1; positive when `a` is after `b`. */
export function seqDiff(a: Seq, b: Seq): number {
  return (a - b) | 0;
}
