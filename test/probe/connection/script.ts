import { expect } from 'vitest';

import type { AckPolicy } from '../../../src/probe/connection/ack-policy.ts';
import { type ConnectionScript, Connection } from '../../../src/probe/connection/connection.ts';
import { decodedCopy } from '../../../src/probe/connection/segment-log.ts';
import { TransmitQueue } from '../../../src/probe/session/transmit-queue.ts';
import type { SendBatch } from '../../../src/transport/transport.ts';
import { parseAddress } from '../../../src/wire/address.ts';
import type { DecodedPacket, TcpSegment } from '../../../src/wire/decoded.ts';
import { NANOS_PER_MS, seq, seqAdd, seqDiff } from '../../../src/wire/numbers.ts';
import { encodeIcmpPacket, encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag, formatTcpFlags } from '../../../src/wire/tcp-flags.ts';
import { compileOptions, formatOptions } from '../../../src/wire/tcp-options.ts';

/** What the peer says; numbers count from the ISNs. */
export interface Says {
  /** tcpdump's letters. */
  readonly flags: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly options?: string;
  readonly payload?: string;
}

/** How the connection under test is made. */
export interface ScriptForm {
  readonly options?: string;
  readonly payload?: string;
  readonly acknowledge?: AckPolicy;
  readonly retries?: number;
  readonly keep?: number;
}

const LOCAL = parseAddress('192.0.2.1') as NonNullable<ReturnType<typeof parseAddress>>;
const REMOTE = parseAddress('198.51.100.7') as typeof LOCAL;
const ROUTER = parseAddress('203.0.113.9') as typeof LOCAL;
/** Near the end of the numbers, so that everything wraps. */
const ISN = seq(0xffff_fffe);
const PEER_ISN = seq(0xffff_ff00);

/** A connection and its peer, played by hand: what one end sends is what the test says it hears. Times are milliseconds. */
export class Script {
  readonly connection: Connection;
  readonly #transmitQueue = new TransmitQueue();
  readonly #syn: Uint8Array;
  #sent: DecodedPacket[] = [];
  #now = 0;
  #due = 0;

  constructor(script: ConnectionScript, form: ScriptForm = {}) {
    this.#syn = encodeTcpPacket({
      source: LOCAL,
      destination: REMOTE,
      sourcePort: 40_000,
      destinationPort: 80,
      seq: ISN,
      id: 7,
      flags: TcpFlag.SYN,
      window: 64_240,
      options: bytesOf(form.options ?? 'mss=1460,sackOK,ts=1000,nop,wscale=7'),
      payload: utf8(form.payload ?? ''),
    });
    const { acknowledge, keep } = form;
    this.connection = new Connection({
      syn: this.#syn,
      transmitQueue: this.#transmitQueue,
      script,
      initialRto: 1000 * NANOS_PER_MS,
      retries: form.retries ?? 2,
      ...(acknowledge === undefined ? {} : { acknowledge }),
      ...(keep === undefined ? {} : { keep }),
    });
  }

  /** Lets time go on to `ms`, stopping wherever the connection asked to be polled. */
  at(ms: number): this {
    const until = ms * NANOS_PER_MS;
    for (let turns = 0; this.#due <= until && turns < 1000; turns++) {
      this.#now = Math.max(this.#now, this.#due);
      this.#poll();
    }
    this.#now = until;
    this.#poll();
    return this;
  }

  /** What left since the last call, each as `FLAGS from:to ack N`. */
  sends(...lines: readonly string[]): this {
    const said = this.#sent.map(lineOf);
    this.#sent = [];
    // oxlint-disable-next-line vitest/no-standalone-expect -- every script is played inside a test
    expect(said).toEqual(lines);
    return this;
  }

  /** The packets that left since the last call. */
  take(): readonly DecodedPacket[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** A segment comes. */
  hears(says: Says): this {
    const bytes = encodeTcpPacket({
      source: REMOTE,
      destination: LOCAL,
      sourcePort: 80,
      destinationPort: 40_000,
      seq: seqAdd(PEER_ISN, says.seq ?? 0),
      ack: says.ack === undefined ? 0 : seqAdd(ISN, says.ack),
      flags: flagsOf(says.flags),
      window: says.window ?? 65_535,
      options: bytesOf(says.options ?? 'none'),
      payload: utf8(says.payload ?? ''),
    });
    const packet = decodedCopy(bytes, 0, bytes.length) as DecodedPacket;
    const segment = packet.tcp as TcpSegment;
    const payload = utf8(says.payload ?? '');
    this.connection.receive({ at: this.#now, packet, segment, length: payload.length, payload });
    this.#poll();
    return this;
  }

  /** A router complains of the segment that starts `position` from our ISN; true when it was believed. */
  hearsIcmp(
    type: number,
    code: number,
    { position = 0, rest = 0 }: { readonly position?: number; readonly rest?: number } = {},
  ): boolean {
    const quote = this.#syn.slice(0, 28);
    new DataView(quote.buffer).setUint32(24, seqAdd(ISN, position));
    const bytes = encodeIcmpPacket({ source: ROUTER, destination: LOCAL, type, code, rest, quote });
    const packet = decodedCopy(bytes, 0, bytes.length) as DecodedPacket;
    const message = packet.icmp as NonNullable<DecodedPacket['icmp']>;
    const quotedSeq = seqAdd(ISN, position);
    const believed = this.connection.receiveError({ at: this.#now, packet, message, quotedSeq, quotedLength: 60 });
    this.#poll();
    return believed;
  }

  /** The run is stopped. */
  stops(): this {
    this.connection.abandon(this.#now);
    this.#flush();
    return this;
  }

  /** `in:syn-ack ESTABLISHED`, ... */
  get story(): readonly string[] {
    return this.connection.notes.map((note) => `${note.kind === 'icmp' ? 'icmp' : `${note.kind}:${note.sense}`} ${note.state}`);
  }

  #poll(): void {
    this.#due = this.connection.poll(this.#now);
    this.#flush();
  }

  #flush(): void {
    const batch = batchOf(64);
    this.#transmitQueue.fill(this.#now, batch);
    for (let slot = 0; slot < batch.count; slot++) {
      const start = slot * batch.slotSize;
      batch.sentAt[slot] = this.#now;
      this.#sent.push(decodedCopy(batch.bytes, start, batch.lengths[slot] as number) as DecodedPacket);
    }
    this.#transmitQueue.flushed(this.#now, batch);
  }
}

/** The usual SYN-ACK. */
export function synAck(more: Partial<Says> = {}): Says {
  return { flags: 'S.', seq: 0, ack: 1, options: 'mss=1400,sackOK,ts=5,nop,wscale=7', ...more };
}

/** An empty batch. */
function batchOf(capacity: number): SendBatch {
  return {
    capacity,
    slotSize: 2048,
    bytes: new Uint8Array(capacity * 2048),
    lengths: new Uint16Array(capacity),
    tags: new Int32Array(capacity),
    errors: new Int32Array(capacity),
    sentAt: new Float64Array(capacity),
    count: 0,
  };
}

function lineOf({ tcp }: DecodedPacket): string {
  const { header, payloadLength } = tcp as TcpSegment;
  const from = seqDiff(seq(header.seq), ISN);
  const ack = (header.flags & TcpFlag.ACK) === 0 ? '' : ` ack ${seqDiff(seq(header.ack), PEER_ISN)}`;
  return `${formatTcpFlags(header.flags)} ${from}${payloadLength === 0 ? '' : `:${from + payloadLength}`}${ack}`;
}

/** The options of a packet in tcpdump's words. */
export function optionsText({ tcp }: DecodedPacket): string {
  return formatOptions((tcp as TcpSegment).header.options);
}

function flagsOf(letters: string): number {
  const bits: Readonly<Record<string, number>> = {
    S: TcpFlag.SYN,
    '.': TcpFlag.ACK,
    R: TcpFlag.RST,
    F: TcpFlag.FIN,
    P: TcpFlag.PSH,
    E: TcpFlag.ECE,
    W: TcpFlag.CWR,
  };
  return Array.from(letters).reduce((flags, letter) => flags | (bits[letter] as number), 0);
}

function bytesOf(text: string): Uint8Array {
  const compiled = compileOptions(text);
  if (!compiled.ok) throw new Error(text);
  return compiled.bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
