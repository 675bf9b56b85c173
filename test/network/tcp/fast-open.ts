import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { findOption } from '../../../src/wire/tcp-options.ts';
import { destinationOf, optionsOf, sourceOf, type Packet } from '../packet.ts';
import type { SynAckExtras } from './syn-reply.ts';
import { segmentOf, type Segment } from './segment.ts';
import { keyedHash } from '../random.ts';

/** The cookie of a SYN as hex: empty when it requests one, null without the option. */
export function offeredCookie(syn: Packet): string | null {
  return findOption(optionsOf(syn), 'tfo')?.cookie ?? null;
}

/** The cookie of the client that sent `syn`: 8 bytes as hex, bound to its address (RFC 7413, 4.1.2). */
export function fastOpenCookie(syn: Packet, secret: number): string {
  const half = (salt: number): string => keyedHash(secret, salt, sourceOf(syn), destinationOf(syn)).toString(16).padStart(8, '0');
  return half(1) + half(2);
}

/**
 * RFC 7413, 4.2.2: data with the right cookie is accepted; a wrong cookie, or a request, is answered with
 * the right one.
 */
export function earlyData(
  syn: Packet,
  offered: string,
  right: string,
): { readonly early: Segment | null; readonly extras: SynAckExtras } {
  if (offered !== right) return { early: null, extras: { options: [{ kind: 34, name: 'tfo', cookie: right }] } };
  const segment = segmentOf(syn);
  return { early: segment.payload.length === 0 ? null : { ...segment, flags: TcpFlag.ACK }, extras: {} };
}
