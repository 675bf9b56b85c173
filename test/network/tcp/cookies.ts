import { seqAdd, seqDiff, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { findOption } from '../../../src/wire/tcp-options.ts';
import { optionsOf, seqOf, ackOf, sourceOf, destinationOf, sourcePortOf, destinationPortOf, type Packet } from '../packet.ts';
import type { Stack } from '../stack.ts';
import { type Agreement, DEFAULT_MSS } from './agreement.ts';
import { keyedHash } from '../random.ts';

/** Client MSS values that a cookie can hold (net/ipv4/syncookies.c, msstab). */
const MSS_TABLE = [536, 1300, 1440, 1460] as const;
const MSS_BITS = 3;
/**
 * What the low bits of TSval hold: the client's shift (15: none), and ECN (syncookies.c,
 * cookie_init_timestamp).
 */
const CLOCK_BITS = 0x3f;
const SHIFT_BITS = 0x0f;
const NO_SHIFT = 15;
const SACK_BIT = 0x10;
const ECN_BIT = 0x20;

/** The ISN that answers a SYN: a hash of it, and the client's MSS rounded down to the table. */
export function cookieFor(syn: Packet, secret: number): Seq {
  const mss = findOption(optionsOf(syn), 'mss')?.value ?? DEFAULT_MSS;
  const index = Math.max(
    0,
    MSS_TABLE.findLastIndex((entry) => entry <= mss),
  );
  return proof(syn, seqOf(syn), secret, index);
}

/** The stack as it answers with cookies: without timestamps there is no room for window scale and SACK. */
export function cookieStack(syn: Packet, stack: Stack): Stack {
  return findOption(optionsOf(syn), 'ts') === undefined ? { ...stack, wscale: null, sack: false } : stack;
}

/** TSval of the SYN-ACK: the clock with the SYN's offers in its low bits; never ahead of the clock. */
export function cookieClock(syn: Packet, clock: number, flags: number): number {
  const options = optionsOf(syn);
  const shift = findOption(options, 'wscale')?.value ?? NO_SHIFT;
  const sack = findOption(options, 'sackOK') === undefined ? 0 : SACK_BIT;
  const bits = shift | sack | ((flags & TcpFlag.ECE) === 0 ? 0 : ECN_BIT);
  const marked = ((clock & ~CLOCK_BITS) | bits) >>> 0;
  return marked > clock ? (marked - CLOCK_BITS - 1) >>> 0 : marked;
}

/** What the cookie that an ACK returns says about the SYN; null when the ACK carries no cookie. */
export function readCookie(ack: Packet, secret: number, stack: Stack): Agreement | null {
  const isn = seqAdd(ackOf(ack), -1);
  const index = isn & MSS_BITS;
  if (seqDiff(proof(ack, seqAdd(seqOf(ack), -1), secret, index), isn) !== 0) return null;
  const kept = keptInClock(optionsOf(ack), stack);
  return { mss: MSS_TABLE[index] as number, ...kept };
}

function keptInClock(options: readonly TcpOption[], stack: Stack): Omit<Agreement, 'mss'> {
  const ts = findOption(options, 'ts');
  if (ts === undefined) return { peerShift: 0, ownShift: 0, timestamps: false, sack: false, ecn: false };
  const shift = ts.echo & SHIFT_BITS;
  const scaled = shift !== NO_SHIFT && stack.wscale !== null;
  return {
    peerShift: scaled ? shift : 0,
    ownShift: scaled ? (stack.wscale ?? 0) : 0,
    timestamps: true,
    sack: stack.sack && (ts.echo & SACK_BIT) !== 0,
    ecn: (ts.echo & ECN_BIT) !== 0,
  };
}

function proof(packet: Packet, clientIsn: Seq, secret: number, index: number): Seq {
  const ports = (sourcePortOf(packet) << 16) | destinationPortOf(packet);
  const hash = keyedHash(secret, sourceOf(packet), destinationOf(packet), ports, clientIsn);
  return (((hash & ~MSS_BITS) | index) >>> 0) as Seq;
}
