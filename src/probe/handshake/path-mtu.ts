import type { Address } from '../../wire/address.ts';
import { readU32, fromHex } from '../../wire/bytes.ts';
import { IPV4 } from '../../wire/family.ts';
import { NANOS_PER_MS, type Nanos, seq, seqAdd } from '../../wire/numbers.ts';
import { mtuOfMss } from '../../wire/tcp.ts';
import { findOption } from '../../wire/tcp-options.ts';
import { TIMESTAMP_BYTES } from '../connection/agreement.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionNote } from '../connection/segment-note.ts';
import type { Stage } from '../connection/stage.ts';
import { SizeSearch, TRIES } from './size-search.ts';

/** The size of packets that reach the peer. Sizes are those of whole IP packets. */
export interface PathMtu {
  /** The largest packet that the peer acknowledged; null when none was. */
  readonly bytes: number | null;
  /** The largest size that could be tried: limited by the interface's MTU and the peer's MSS. */
  readonly largest: number;
  /** The router that reported a limit, and the size that it named, if any; null without a report. */
  readonly reported: { readonly by: Address; readonly mtu: number | null } | null;
  readonly probes: number;
  /** True when a batch slot limits `largest`: larger packets may arrive too. */
  readonly isCut: boolean;
}

/** What bounds the search. */
export interface PathMtuLimits {
  readonly interfaceMtu: number;
  /** Bytes of the largest packet that a batch holds. */
  readonly slotSize: number;
}

/** RFC 791, 3.2: every router forwards 68 bytes. No link that TCP meets today has less than 296. */
const SMALLEST = 296;
const LEAST_WAIT: Nanos = 100 * NANOS_PER_MS;

interface SizeProbe {
  readonly size: number;
  /** Where its bytes begin, counted from our ISN. */
  readonly position: number;
}

/**
 * Measures the size of packets that arrive with DF set, without a byte for the application: by segments of
 * old bytes, which receivers acknowledge and discard (RFC 9293, 3.10.7.4), and with SACK name (RFC 2883).
 */
export class PathMtuStage {
  readonly #limits: PathMtuLimits;
  #search: SizeSearch | null = null;
  #largest = 0;
  #isCut = false;
  #outstanding: readonly SizeProbe[] = [];
  #tries = 0;
  #seen = 0;
  #until: Nanos = 0;
  #probes = 0;
  #reported: PathMtu['reported'] = null;

  constructor(limits: PathMtuLimits) {
    this.#limits = limits;
  }

  /** Null before the stage has begun. */
  get result(): PathMtu | null {
    if (this.#search === null) return null;
    const { passes } = this.#search.bounds;
    return {
      bytes: passes === 0 ? null : passes,
      largest: this.#largest,
      reported: this.#reported,
      probes: this.#probes,
      isCut: this.#isCut,
    };
  }

  /** The stage of a connection's script. */
  readonly stage: Stage = (connection, now) => {
    const search = this.#search ?? this.#begin(connection);
    if (connection.state !== 'ESTABLISHED') return null;
    for (; this.#seen < connection.notes.length; this.#seen++) this.#read(connection.notes[this.#seen] as ConnectionNote, search);
    if (this.#outstanding.length === 0 || now >= this.#until) this.#goOn(connection, search, now);
    return this.#outstanding.length === 0 ? null : this.#until;
  };

  /** Sends unanswered probes again, or the next ones. */
  #goOn(connection: Connection, search: SizeSearch, now: Nanos): void {
    const mostTries = this.#probes <= TRIES.first ? TRIES.first : TRIES.others;
    if (this.#outstanding.length === 0 || this.#tries >= mostTries) {
      for (const { size } of this.#outstanding) search.failed(size);
      this.#tries = 0;
      // Segments end with the last acknowledged byte.
      const start = connection.sent.acknowledged + headerBytes(connection);
      this.#outstanding = search.next().map((size) => ({ size, position: start - size }));
    }
    if (this.#outstanding.length > 0) this.#send(connection, now);
  }

  #begin(connection: Connection): SizeSearch {
    const { agreement } = connection;
    const { interfaceMtu, slotSize } = this.#limits;
    const allowed = mtuOfMss(agreement?.peerMss ?? 0, IPV4);
    this.#largest = Math.min(interfaceMtu, slotSize, allowed);
    this.#isCut = this.#largest < Math.min(interfaceMtu, allowed);
    this.#search = new SizeSearch({ smallest: SMALLEST, largest: this.#largest, parallel: agreement?.sack === true });
    this.#seen = connection.notes.length;
    return this.#search;
  }

  #send(connection: Connection, now: Nanos): void {
    this.#tries++;
    for (const { size, position } of this.#outstanding) {
      connection.probe({ flags: 0, position, payload: new Uint8Array(size - headerBytes(connection)) }, now);
      this.#probes++;
    }
    this.#until = now + Math.max(LEAST_WAIT, 2 * connection.pace.srtt);
  }

  #read(note: ConnectionNote, search: SizeSearch): void {
    if (note.kind === 'icmp') return this.#readError(note, search);
    if (note.kind !== 'in' || note.sense !== 'ack-again' || this.#outstanding.length === 0) return;
    const named = duplicateStart(note.segment.header.options);
    // Our ISN follows from the acknowledgment.
    const isn = seqAdd(seq(note.segment.header.ack), -(note.ack ?? 0));
    const answered = this.#outstanding.find(({ position }) => named === null || seqAdd(isn, position) === named);
    if (answered === undefined) return;
    search.passed(answered.size);
    // Smaller packets pass too, whatever happened to their probes.
    this.#outstanding = this.#outstanding.filter(({ size }) => size > answered.size);
  }

  #readError(note: Extract<ConnectionNote, { readonly kind: 'icmp' }>, search: SizeSearch): void {
    if (note.message.type !== 3 || note.message.code !== 4) return;
    this.#reported ??= { by: note.from, mtu: note.mtu };
    search.failed(note.quotedLength);
    if (note.mtu !== null) search.named(note.mtu);
    this.#outstanding = this.#outstanding.filter(({ size }) => size < search.bounds.fails);
  }
}

function headerBytes({ agreement }: Connection): number {
  return mtuOfMss(0, IPV4) + (agreement?.timestamps === true ? TIMESTAMP_BYTES : 0);
}

/** Left edge of the first SACK block (RFC 2018, 3): a duplicate, if it is old (RFC 2883, 4). Or null. */
function duplicateStart(options: Parameters<typeof findOption>[0]): number | null {
  const block = options.find((option) => option.kind === 5);
  const bytes = block !== undefined && 'data' in block ? fromHex(block.data) : null;
  return bytes === null || bytes.length < 8 ? null : readU32(bytes, 0);
}
