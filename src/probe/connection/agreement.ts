import type { TcpHeader } from '../../wire/decoded.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';

/** What the SYN and the SYN-ACK negotiate. */
export interface Agreement {
  /** The MSS that the peer advertised, else the default. */
  readonly peerMss: number;
  /** True when both ends sent a window shift (RFC 7323, 2.2); else both shifts are 0. */
  readonly isScaled: boolean;
  readonly peerShift: number;
  readonly ownShift: number;
  readonly timestamps: boolean;
  readonly sack: boolean;
  /** ECN-setup SYN and ECN-setup SYN-ACK (RFC 3168, 6.1.1). */
  readonly ecn: boolean;
}

/** The MSS that a host assumes when a peer advertises none (RFC 9293, 3.7.1). */
export const DEFAULT_MSS = 536;
/** A timestamps option with its two NOPs (RFC 7323, appendix A). */
export const TIMESTAMP_BYTES = 12;
/** RFC 7323, 2.3: a larger shift counts as 14. */
const LARGEST_SHIFT = 14;

/** Reads it from both headers. */
export function agree(syn: TcpHeader, synAck: TcpHeader): Agreement {
  const both = (name: 'ts' | 'sackOK' | 'wscale'): boolean =>
    findOption(syn.options, name) !== undefined && findOption(synAck.options, name) !== undefined;
  const isScaled = both('wscale');
  return {
    peerMss: findOption(synAck.options, 'mss')?.value ?? DEFAULT_MSS,
    isScaled,
    peerShift: isScaled ? shiftOf(synAck) : 0,
    ownShift: isScaled ? shiftOf(syn) : 0,
    timestamps: both('ts'),
    sack: both('sackOK'),
    ecn: ecnBits(syn) === (TcpFlag.ECE | TcpFlag.CWR) && ecnBits(synAck) === TcpFlag.ECE,
  };
}

function shiftOf({ options }: TcpHeader): number {
  return Math.min(findOption(options, 'wscale')?.value ?? 0, LARGEST_SHIFT);
}

function ecnBits({ flags }: TcpHeader): number {
  return flags & (TcpFlag.ECE | TcpFlag.CWR);
}
