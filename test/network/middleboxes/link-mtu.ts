import { Ipv4Offset } from '../../../src/wire/ipv4.ts';
import { all, largerThan, type Match } from '../match.ts';
import { drop, when } from '../middlebox.ts';
import type { TwoWay } from './options.ts';
import { rejectIcmp, type IcmpForm } from './rejecting.ts';

const DF = 0x40;
const dontFragment: Match = (packet) => ((packet[Ipv4Offset.FRAGMENT] as number) & DF) !== 0;

/** How a narrow link reports that a packet was too large. */
export interface MtuForm extends Omit<IcmpForm, 'match' | 'rest'> {
  /** False: not at all (a black hole). */
  readonly icmp?: boolean;
}

/**
 * A link after this router with an MTU of `bytes` in both directions: larger packets with DF are answered
 * by ICMP 3/4 with the MTU (RFC 1191, 4), or vanish. Those without DF pass whole, as if fragmented here and
 * reassembled at the end.
 */
export function mtu(bytes: number, form: MtuForm = {}): TwoWay {
  const { icmp = true, ...how } = form;
  const tooLarge = all(largerThan(bytes), dontFragment);
  const box = icmp ? rejectIcmp(3, 4, { ...how, match: tooLarge, rest: bytes }) : when(tooLarge, drop);
  return { forward: box, reverse: box };
}
