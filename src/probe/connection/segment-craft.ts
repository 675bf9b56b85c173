import type { DecodedPacket, TcpHeader, TcpSegment } from '../../wire/decoded.ts';
import { NANOS_PER_MS, type Nanos, type Seq, seq, seqAdd } from '../../wire/numbers.ts';
import { decodePacket, encodeTcpPacket } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { encodeOptions, findOption } from '../../wire/tcp-options.ts';

/** The fields that differ between segments. Positions count from the ISN of the bytes' sender. */
export interface SegmentFields {
  readonly flags: number;
  /** From our ISN. */
  readonly position: number;
  /** The absolute number to acknowledge; null without ACK. */
  readonly ack: Seq | null;
  /** The header field, unscaled. */
  readonly window: number;
  readonly payload?: Uint8Array;
  /** ECN field of the IP header; 0 unless given. */
  readonly ecn?: number;
}

/** The timestamps option of segments, once it is negotiated. */
export interface TimestampClock {
  /** The TSval of the peer to echo. */
  readonly echo: number;
  readonly now: Nanos;
}

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
    if (attempt === 0) this.#begunAt = now;
    if (attempt === 0) return this.#bytes.slice();
    const { header } = this;
    const options = header.options.map((option) =>
      option.name === 'ts' && 'value' in option ? { ...option, value: this.#tsvalAt(now) } : option,
    );
    return this.#encode(
      { flags: header.flags, position: 0, ack: null, window: header.window },
      encodeOptions(options),
      this.synPayload,
    );
  }

  /** Any other segment; with `clock` it carries timestamps. */
  segment(fields: SegmentFields, clock: TimestampClock | null): Uint8Array {
    const options =
      clock === null
        ? new Uint8Array(0)
        : encodeOptions([
            { kind: 1, name: 'nop' },
            { kind: 1, name: 'nop' },
            { kind: 8, name: 'ts', value: this.#tsvalAt(clock.now), echo: clock.echo },
          ]);
    return this.#encode(fields, options, fields.payload ?? new Uint8Array(0));
  }

  /** A millisecond clock that starts at the SYN's TSval, which is unpredictable (RFC 7323, 7.1). */
  #tsvalAt(now: Nanos): number {
    return (this.#tsval + Math.floor((now - this.#begunAt) / NANOS_PER_MS)) >>> 0;
  }

  #encode({ flags, position, ack, window, ecn = 0 }: SegmentFields, options: Uint8Array, payload: Uint8Array): Uint8Array {
    const { ip } = this.syn;
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
