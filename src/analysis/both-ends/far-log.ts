import { readAddress } from '../../wire/address.ts';
import { readU16 } from '../../wire/bytes.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import { TcpOffset } from '../../wire/tcp.ts';
import type { AttemptReport } from '../../probe/responder/report.ts';

/** The fields by which a SYN can be found again. All SYNs of one time share their proof: what tells them apart is the rest. */
interface Marks {
  readonly source: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly id: number;
}

/** How sure it is that an attempt is the SYN that was looked for. */
export interface Found {
  readonly attempt: AttemptReport;
  /** That SYN as it left. */
  readonly syn: Uint8Array;
  /** `likely`: its IP ID and its source port were rewritten, and only the port that it was sent to fits. */
  readonly certainty: 'proven' | 'likely';
}

/**
 * The attempt that one of `syns` (whole packets, all to one port) has become. IP ID, source port and destination port may each have been rewritten on the way, by NAT
 * or by a normaliser; two of the three, or an ID alone, are no coincidence. `own` is an attempt that is known to be ours: behind a NAT it tells our address there.
 */
export function findAttempt(
  syns: readonly Uint8Array[],
  attempts: readonly AttemptReport[],
  own: AttemptReport | null,
): Found | null {
  const sent = marked(syns, (syn) => syn);
  const arrived = marked(attempts, ({ syn }) => syn);
  const address = own === null ? null : (marksOf(own.syn)?.source ?? null);
  return (
    pairUp(sent, arrived, { certainty: 'proven', fits: isSame }) ??
    pairUp(sent, arrived, {
      certainty: 'likely',
      fits: (one, other) => other.source === address && one.destinationPort === other.destinationPort,
    })
  );
}

interface Marked<T> {
  readonly thing: T;
  readonly marks: Marks;
}

interface Matching {
  readonly certainty: Found['certainty'];
  readonly fits: (sent: Marks, arrived: Marks) => boolean;
}

function marked<T>(things: readonly T[], bytesOf: (thing: T) => Uint8Array): readonly Marked<T>[] {
  return things.flatMap((thing) => {
    const marks = marksOf(bytesOf(thing));
    return marks === null ? [] : [{ thing, marks }];
  });
}

function pairUp(
  sent: readonly Marked<Uint8Array>[],
  arrived: readonly Marked<AttemptReport>[],
  { certainty, fits }: Matching,
): Found | null {
  for (const { thing: attempt, marks } of arrived) {
    const match = sent.find((one) => fits(one.marks, marks));
    if (match !== undefined) return { attempt, syn: match.thing, certainty };
  }
  return null;
}

function isSame(sent: Marks, arrived: Marks): boolean {
  if (sent.id !== 0 && sent.id === arrived.id) return true;
  return sent.sourcePort === arrived.sourcePort && sent.destinationPort === arrived.destinationPort;
}

function marksOf(packet: Uint8Array): Marks | null {
  const tcp = ((packet[0] ?? 0) & 0x0f) * 4;
  if (packet.length < tcp + TcpOffset.SEQ || packet.length < Ipv4Offset.DESTINATION) return null;
  return {
    source: readAddress(packet, Ipv4Offset.SOURCE),
    sourcePort: readU16(packet, tcp),
    destinationPort: readU16(packet, tcp + TcpOffset.DESTINATION_PORT),
    id: readU16(packet, Ipv4Offset.ID),
  };
}
