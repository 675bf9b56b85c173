import type { DecodedPacket, TcpHeader, TcpOption, TcpSegment } from '../../wire/decoded.ts';
import { NANOS_PER_MS, type Nanos, type Seq, seq, seqAdd } from '../../wire/numbers.ts';
import { decodePacket, encodeTcpPacket } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';

/** What a segment is sent for. */
export interface SegmentFields {
  /** Without ACK. */
  readonly flags: number;
  /** Counted from our ISN. */
  readonly position: number;
  readonly payload?: Uint8Array;
  /** ECN field of the IP header; 0 unless given. */
  readonly ecn?: number;
}

/** What a segment takes from the state of its connection. */
export interface SegmentState {
  /** The absolute number to acknowledge; null without ACK. */
  readonly ack: Seq | null;
  /** The header field, unscaled. */
  readonly window: number;
  /** The peer's TSval to echo; null without timestamps. */
  readonly echo: number | null;
}

const NOP: TcpOption = { kind: 1, name: 'nop' };

/** Makes a connection's packets: all that they share is read from its SYN. */
export class SegmentCraft {
  /** The SYN, decoded. */
  readonly syn: DecodedPacket;
  readonly header: TcpHeader;
  /** Data that the SYN carries. */
  readonly synPayload: Uint8Array;
  readonly isn: Seq;
  readonly #bytes: Uint8Array;
  readonly #tsval: number;
  #ipId: number;
  #begunAt: Nanos = 0;

  /** `syn`: a whole IP packet with TCP's SYN in it; else a RangeError. */
  constructor(syn: Uint8Array) {
    this.#bytes = syn;
    this.syn = decodedSyn(syn);
    const { header, payload } = this.syn.tcp as TcpSegment;
    this.header = header;
    this.synPayload = payload;
    this.isn = seq(header.seq);
    this.#tsval = findOption(header.options, 'ts')?.value ?? 0;
    this.#ipId = this.syn.ip.id;
  }

  /** The SYN for sending number `attempt` (from 0): another TSval tells the answers apart. */
  synBytes(attempt: number, now: Nanos): Uint8Array {
    if (attempt === 0) {
      this.#begunAt = now;
      return this.#bytes.slice();
    }
    const { flags, window, options } = this.header;
    const stamped = options.map((option) =>
      option.name === 'ts' && 'value' in option ? { ...option, value: this.#tsvalAt(now) } : option,
    );
    return this.#encode({ flags, position: 0, payload: this.synPayload }, { ack: null, window, echo: null }, stamped);
  }

  /** Any other segment. */
  segment(fields: SegmentFields, state: SegmentState, now: Nanos): Uint8Array {
    const { echo } = state;
    const value = this.#tsvalAt(now);
    return this.#encode(fields, state, echo === null ? [] : [NOP, NOP, { kind: 8, name: 'ts', value, echo }]);
  }

  /** A millisecond clock that starts at the SYN's TSval, which is unpredictable (RFC 7323, 7.1). */
  #tsvalAt(now: Nanos): number {
    return (this.#tsval + Math.floor((now - this.#begunAt) / NANOS_PER_MS)) >>> 0;
  }

  #encode(fields: SegmentFields, { ack, window }: SegmentState, options: readonly TcpOption[]): Uint8Array {
    const { ip } = this.syn;
    const { flags, position, payload = new Uint8Array(0), ecn = 0 } = fields;
    // For 0 the kernel would fill in an ID of its own (raw(7), IP_HDRINCL).
    this.#ipId = (this.#ipId + 1) & 0xffff || 1;
    return encodeTcpPacket({
      source: ip.source,
      destination: ip.destination,
      sourcePort: this.header.sourcePort,
      destinationPort: this.header.destinationPort,
      ttl: ip.ttl,
      tos: (ip.dscp << 2) | ecn,
      id: this.#ipId,
      df: ip.df,
      seq: seqAdd(this.isn, position),
      ack: ack ?? 0,
      flags: ack === null ? flags : flags | TcpFlag.ACK,
      window,
      options,
      payload,
    });
  }
}

function decodedSyn(bytes: Uint8Array): DecodedPacket {
  const decoded = decodePacket(bytes);
  const header = decoded.ok ? decoded.value.tcp?.header : undefined;
  if (decoded.ok && header !== undefined && (header.flags & TcpFlag.SYN) !== 0) return decoded.value;
  throw new RangeError('a connection starts with a SYN');
}
