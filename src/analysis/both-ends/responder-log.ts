import { readAddress } from '../../wire/address.ts';
import { readU16 } from '../../wire/bytes.ts';
import { ipHeaderLength, Ipv4Offset } from '../../wire/ipv4.ts';
import { TcpOffset } from '../../wire/tcp.ts';
import type { ResponderLog } from '../../probe/responder/responder-query.ts';
import type { AttemptReport } from '../../probe/responder/report.ts';

/** The fields that identify a SYN. The proof does not: it is the same in all SYNs of one time. */
interface Marks {
  readonly source: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly id: number;
}

/** The fate of the SYNs that were looked for, and how certain it is. */
export interface Found {
  /** Those that arrived, at least one. */
  readonly attempts: readonly [AttemptReport, ...AttemptReport[]];
  /** The first of them as it was sent. */
  readonly syn: Uint8Array;
  /** `likely`: IP ID and source port were rewritten, and only the destination port matches. */
  readonly certainty: 'proven' | 'likely';
}

/**
 * The attempts that `syns` (packets to one port) became. NATs rewrite IP ID and ports; a match of the ID or
 * of both ports is no coincidence. Failing that: unmatched attempts at the port from our other SYNs' address.
 */
export function findAttempts(syns: readonly Uint8Array[], log: ResponderLog): Found | null {
  const own = withIds(marked(log.syns, (syn) => syn));
  const sent = own.filter(({ thing }) => syns.includes(thing));
  const others = own.filter(({ thing }) => !syns.includes(thing));
  const arrived = marked(log.attempts, ({ syn }) => syn);
  const certain = pairUp(sent, arrived, isSame);
  if (certain !== null) return { ...certain, certainty: 'proven' };
  const address = marksOf(log.own.syn)?.source ?? null;
  const unclaimed = arrived.filter(({ marks }) => !others.some((other) => isSame(other.marks, marks)));
  const fits = (one: Marks, other: Marks): boolean => other.source === address && one.destinationPort === other.destinationPort;
  const likely = pairUp(sent, unclaimed, fits);
  return likely === null ? null : { ...likely, certainty: 'likely' };
}

interface Marked<T> {
  readonly thing: T;
  readonly marks: Marks;
}

function marked<T>(things: readonly T[], bytesOf: (thing: T) => Uint8Array): readonly Marked<T>[] {
  return things.flatMap((thing) => {
    const marks = marksOf(bytesOf(thing));
    return marks === null ? [] : [{ thing, marks }];
  });
}

/** The same with ID 0 where the user fixed the ID, which then tells nothing. */
function withIds(syns: readonly Marked<Uint8Array>[]): readonly Marked<Uint8Array>[] {
  if (new Set(syns.map(({ marks }) => marks.id)).size === syns.length) return syns;
  return syns.map(({ thing, marks }) => ({ thing, marks: { ...marks, id: 0 } }));
}

function pairUp(
  sent: readonly Marked<Uint8Array>[],
  arrived: readonly Marked<AttemptReport>[],
  fits: (sent: Marks, arrived: Marks) => boolean,
): Omit<Found, 'certainty'> | null {
  const pairs = arrived.flatMap(({ thing: attempt, marks }) => {
    const match = sent.find((one) => hasSameId(one.marks, marks)) ?? sent.find((one) => fits(one.marks, marks));
    return match === undefined ? [] : [{ attempt, syn: match.thing }];
  });
  const [first, ...rest] = pairs;
  if (first === undefined) return null;
  return { attempts: [first.attempt, ...rest.map(({ attempt }) => attempt)], syn: first.syn };
}

function isSame(sent: Marks, arrived: Marks): boolean {
  if (hasSameId(sent, arrived)) return true;
  return sent.sourcePort === arrived.sourcePort && sent.destinationPort === arrived.destinationPort;
}

function hasSameId(sent: Marks, arrived: Marks): boolean {
  return sent.id !== 0 && sent.id === arrived.id;
}

function marksOf(packet: Uint8Array): Marks | null {
  const tcp = ipHeaderLength(packet, 0);
  if (packet.length < tcp + TcpOffset.SEQ || packet.length < Ipv4Offset.DESTINATION) return null;
  return {
    source: readAddress(packet, Ipv4Offset.SOURCE),
    sourcePort: readU16(packet, tcp),
    destinationPort: readU16(packet, tcp + TcpOffset.DESTINATION_PORT),
    id: readU16(packet, Ipv4Offset.ID),
  };
}
