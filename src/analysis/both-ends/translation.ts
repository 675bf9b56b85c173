import { formatAddress } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import { seq, seqAdd } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import { findOption } from '../../wire/tcp-options.ts';
import type { Change, ChangedField, ChangeValue } from '../packet-diff/change.ts';

/** Addresses and ports that NAT changed: `10.0.0.2:4711 > 192.0.2.1:1024`; null where it did not. */
export interface Translation {
  readonly source: string | null;
  readonly destination: string | null;
}

/** A SYN as it left and as it arrived. */
interface SynPair {
  readonly synSent: Uint8Array;
  readonly synArrived: Uint8Array;
}

const TRANSLATED: readonly ChangedField[] = ['ip.src', 'ip.dst', 'tcp.sport', 'tcp.dport'];

/** What NAT did to the SYN's addresses and ports; null when nothing, or when a packet does not decode. */
export function translationOf({ synSent, synArrived }: SynPair): Translation | null {
  const sent = decoded(synSent);
  const arrived = decoded(synArrived);
  if (sent === null || arrived === null) return null;
  const source = inWords(endpoint(sent, 'source'), endpoint(arrived, 'source'));
  const destination = inWords(endpoint(sent, 'destination'), endpoint(arrived, 'destination'));
  return source === null && destination === null ? null : { source, destination };
}

/** Whether a change is one of addresses and ports. */
export function isTranslation({ field }: Change): boolean {
  return TRANSLATED.includes(field);
}

/**
 * The changes of a SYN-ACK without those that only undo a change of the SYN: translated addresses and ports,
 * the acknowledgment of the client's own ISN, the echo of its own timestamp.
 */
export function withoutTranslation(changes: readonly Change[], { synSent, synArrived }: SynPair): readonly Change[] {
  const sent = decoded(synSent);
  const arrived = decoded(synArrived);
  if (sent === null || arrived === null) return changes;
  const undone = undoneValues(sent, arrived);
  return changes.filter((change) => {
    if (change.field === 'tcp.option.ts') return !isEchoUndone(change, sent, arrived);
    const [was, is] = undone.get(change.field) ?? [];
    return change.sent !== was || change.seen !== is;
  });
}

type Undone = ReadonlyMap<ChangedField, readonly [was: ChangeValue, is: ChangeValue]>;

/** What the responder wrote, and what this end expects, where both answer the same SYN. */
function undoneValues(sent: DecodedPacket, arrived: DecodedPacket): Undone {
  const [own, far] = [sent.tcp?.header, arrived.tcp?.header];
  if (own === undefined || far === undefined) return new Map();
  return new Map<ChangedField, readonly [ChangeValue, ChangeValue]>([
    ['ip.src', [formatAddress(arrived.ip.destination), formatAddress(sent.ip.destination)]],
    ['ip.dst', [formatAddress(arrived.ip.source), formatAddress(sent.ip.source)]],
    ['tcp.sport', [far.destinationPort, own.destinationPort]],
    ['tcp.dport', [far.sourcePort, own.sourcePort]],
    ['tcp.ack', [seqAdd(seq(far.seq), 1), seqAdd(seq(own.seq), 1)]],
  ]);
}

function isEchoUndone({ sent: was, seen: is }: Change, sent: DecodedPacket, arrived: DecodedPacket): boolean {
  if (!isStamp(was) || !isStamp(is) || was.value !== is.value) return false;
  return was.echo === tsvalOf(arrived) && is.echo === tsvalOf(sent);
}

function isStamp(value: ChangeValue): value is { readonly value: number; readonly echo: number } {
  return typeof value === 'object' && value !== null;
}

function tsvalOf({ tcp }: DecodedPacket): number | undefined {
  return findOption(tcp?.header.options ?? [], 'ts')?.value;
}

function endpoint({ ip, tcp }: DecodedPacket, end: 'source' | 'destination'): string {
  return `${formatAddress(ip[end])}:${tcp?.header[`${end}Port`] ?? ''}`;
}

function inWords(sent: string, arrived: string): string | null {
  return sent === arrived ? null : `${sent} > ${arrived}`;
}

function decoded(bytes: Uint8Array): DecodedPacket | null {
  const result = decodePacket(bytes);
  return result.ok ? result.value : null;
}
