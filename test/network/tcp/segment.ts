import type { Seq } from '../../../src/wire/numbers.ts';
import { findOption } from '../../../src/wire/tcp-options.ts';
import { ackOf, flagsOf, optionsOf, payloadOffsetOf, seqOf, trafficClassOf, windowOf, type Packet } from '../packet.ts';

/** A TCP segment as its receiver reads it. */
export interface Segment {
  readonly flags: number;
  readonly seq: Seq;
  readonly ack: Seq;
  /** Raw. */
  readonly window: number;
  readonly timestamps: { readonly value: number; readonly echo: number } | null;
  readonly payload: Uint8Array;
  /** Marked "congestion experienced" (RFC 3168). */
  readonly congested: boolean;
}

const CONGESTION_EXPERIENCED = 3;

/** Reads a TCP packet; `payload` is a view into it. */
export function segmentOf(packet: Packet): Segment {
  return {
    flags: flagsOf(packet),
    seq: seqOf(packet),
    ack: ackOf(packet),
    window: windowOf(packet),
    timestamps: findOption(optionsOf(packet), 'ts') ?? null,
    payload: packet.subarray(payloadOffsetOf(packet)),
    congested: (trafficClassOf(packet) & CONGESTION_EXPERIENCED) === CONGESTION_EXPERIENCED,
  };
}
