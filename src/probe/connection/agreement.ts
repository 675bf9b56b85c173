import type { TcpHeader } from '../../wire/decoded.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';

/** What the SYN and the SYN-ACK together settle for the connection. */
export interface Agreement {
  /** The MSS that the peer named, 536 where it named none (RFC 9293, 3.7.1). */
  readonly peerMss: number;
  /** Both ends sent a shift for their windows (RFC 7323, 2.2); unless they did, both are 0. */
  readonly isScaled: boolean;
  readonly peerShift: number;
  readonly ownShift: number;
  readonly timestamps: boolean;
  readonly sack: boolean;
  /** ECN-setup SYN and ECN-setup SYN-ACK (RFC 3168, 6.1.1). */
  readonly ecn: boolean;
}

const DEFAULT_MSS = 536;
/** RFC 7323, 2.3: more is taken for 14. */
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
