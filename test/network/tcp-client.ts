import type { Network } from './network.ts';
import { SimulatedTransport } from './simulated-transport.ts';
import type { DecodedPacket, TcpSegment, TcpOption } from '../../src/wire/decoded.ts';
import { seq, seqAdd, seqDiff, type Seq } from '../../src/wire/numbers.ts';
import { decodePacket, encodeTcpPacket, type TcpPacketFields } from '../../src/wire/packet.ts';
import { formatTcpFlags, TcpFlag } from '../../src/wire/tcp-flags.ts';
import { findOption } from '../../src/wire/tcp-options.ts';
import { address } from './packet.ts';

const CLIENT = address('192.0.2.1');
const SERVER = address('198.51.100.7');
export const ISS = 0xffff_fff0;

/** How the client differs from a plain one. */
export interface Script {
  readonly port?: number;
  readonly sourcePort?: number;
  readonly mss?: number | null;
  /** Options after the MSS; SACK, timestamps and scaling in Linux's order unless given. */
  readonly options?: readonly TcpOption[];
  readonly synFlags?: number;
  readonly synPayload?: string;
  /** Raw, on every segment but the SYN. */
  readonly window?: number;
  readonly request?: string;
  /** False: SYN-ACKs are not answered. */
  readonly completes?: boolean;
  /** False: data is never acknowledged. */
  readonly acks?: boolean;
  /** When the client closes its half: as soon as the server has, after its own request, or never. */
  readonly closes?: 'after-server' | 'after-request' | 'never';
  /** Milliseconds after which the run ends; a minute unless given. */
  readonly untilMs?: number;
  readonly seed?: number;
  /** Further segments, sent as given at their times. */
  readonly more?: readonly { readonly atMs: number; readonly segment: Partial<TcpPacketFields> }[];
}

export interface ReceivedPacket extends DecodedPacket {
  readonly atMs: number;
}

export interface Exchange {
  /** Everything received, in order. */
  readonly packets: readonly ReceivedPacket[];
  /** The stream in the order of its numbers, as text. */
  readonly received: string;
  readonly isClosed: boolean;
  /** The server's ISN, once it is known. */
  readonly serverIsn: Seq | null;
}

export const LINUX_OPTIONS: readonly TcpOption[] = [
  { kind: 4, name: 'sackOK' },
  { kind: 8, name: 'ts', value: 5000, echo: 0 },
  { kind: 1, name: 'nop' },
  { kind: 3, name: 'wscale', value: 7 },
];

/**
 * Opens a connection, asks, listens and closes, as the script says. Its TCP shares no code with the
 * server's.
 */
export async function runExchange(world: Network, script: Script = {}): Promise<Exchange> {
  const client = new Client(world, script);
  await client.run();
  return client;
}

/** `S.`, `.`, `P.`: the flags of a packet. */
export function flags(packet: DecodedPacket): string {
  return formatTcpFlags(packet.tcp?.header.flags ?? 0);
}

/** Segments with data or SYN or FIN or RST: time in ms, flags, position in the stream, bytes. */
export function timeline(exchange: Exchange): readonly string[] {
  return exchange.packets.flatMap((packet) => {
    if (packet.tcp === null) return [];
    const { header, payload } = packet.tcp;
    const position = seqDiff(seq(header.seq), seqAdd(exchange.serverIsn ?? seq(0), 1));
    const at = Math.round(packet.atMs);
    return flags(packet) === '.' && payload.length === 0 ? [] : [`${at} ${flags(packet)} ${position}+${payload.length}`];
  });
}

/** Bytes of each data segment received. */
export function sizes(exchange: Exchange): readonly number[] {
  return exchange.packets.flatMap(({ tcp }) => (tcp !== null && tcp.payload.length > 0 ? [tcp.payload.length] : []));
}

class Client implements Exchange {
  readonly packets: ReceivedPacket[] = [];
  received = '';
  serverIsn: Seq | null = null;
  isClosed = false;
  readonly #script: Script;
  readonly #transport: SimulatedTransport;
  #queue: Partial<TcpPacketFields>[] = [];
  #next: Seq = seq(ISS + 1);
  #peerNext: Seq = seq(0);
  #serverClock: number | null = null;
  #established = false;

  constructor(world: Network, script: Script) {
    this.#script = script;
    this.#transport = new SimulatedTransport(world, { seed: script.seed ?? 1 });
    this.#transport.capture((bytes, offset, length, at) => this.#receive(bytes.slice(offset, offset + length), at));
  }

  async run(): Promise<void> {
    const { untilMs = 60_000, more = [] } = this.#script;
    this.#send({
      seq: ISS,
      ack: 0,
      flags: this.#script.synFlags ?? TcpFlag.SYN,
      options: this.#synOptions(),
      payload: bytesOf(this.#script.synPayload ?? ''),
      window: 64_240,
    });
    for (const { atMs, segment } of more) {
      this.#transport.at(atMs, () => {
        this.#queue.push(segment);
        this.#countSent(segment);
        this.#transport.wake();
      });
    }
    while (this.#transport.now() < untilMs * 1e6) {
      this.#flush();
      await this.#transport.wait(untilMs * 1e6);
    }
    await this.#transport.close();
  }

  #synOptions(): readonly TcpOption[] {
    const { mss = 1460, options = LINUX_OPTIONS } = this.#script;
    return mss === null ? options : [{ kind: 2, name: 'mss', value: mss }, ...options];
  }

  #receive(bytes: Uint8Array, at: number): void {
    const decoded = decodePacket(bytes);
    if (!decoded.ok) return;
    const atMs = at / 1e6;
    this.packets.push({ ...decoded.value, atMs });
    const { tcp } = decoded.value;
    if (tcp === null || tcp.header.destinationPort !== this.#sourcePort) return;
    const ts = findOption(tcp.header.options, 'ts');
    if (ts !== undefined) this.#serverClock = ts.value;
    if ((tcp.header.flags & TcpFlag.RST) !== 0) this.isClosed = true;
    else if ((tcp.header.flags & TcpFlag.SYN) !== 0) this.#receiveSynAck(tcp);
    else if (this.#established) this.#receiveData(tcp);
  }

  #receiveSynAck({ header }: TcpSegment): void {
    this.serverIsn = seq(header.seq);
    if (this.#script.completes === false) return;
    if (this.#established) return this.#enqueue({});
    this.#established = true;
    this.#peerNext = seqAdd(this.serverIsn, 1);
    this.#next = seq(header.ack);
    this.#enqueue({});
    if (this.#script.request !== undefined)
      this.#enqueue({ payload: bytesOf(this.#script.request), flags: TcpFlag.ACK | TcpFlag.PSH });
    if (this.#script.closes === 'after-request') this.#enqueue({ flags: TcpFlag.ACK | TcpFlag.FIN });
  }

  #receiveData({ header, payload }: TcpSegment): void {
    if (this.#script.acks === false) return;
    const fin = (header.flags & TcpFlag.FIN) !== 0;
    const known = seqDiff(this.#peerNext, seq(header.seq));
    const isNext = known >= 0 && known <= payload.length;
    if (payload.length === 0 && !fin) return;
    if (isNext) {
      this.received += Array.from(payload.subarray(known), (byte) => String.fromCharCode(byte)).join('');
      this.#peerNext = seqAdd(seq(header.seq), payload.length + (fin ? 1 : 0));
    }
    this.#answer(isNext && fin);
  }

  #answer(ends: boolean): void {
    const closes = ends && (this.#script.closes ?? 'after-server') === 'after-server';
    this.#enqueue(closes ? { flags: TcpFlag.ACK | TcpFlag.FIN } : {});
    this.isClosed ||= ends;
  }

  /** Queues a segment at the client's next number. */
  #enqueue(segment: Partial<TcpPacketFields>): void {
    const { flags: own = TcpFlag.ACK, payload = new Uint8Array(0) } = segment;
    this.#queue.push({ seq: this.#next, ack: this.#peerNext, flags: own, payload });
    this.#next = seqAdd(this.#next, payload.length + ((own & TcpFlag.FIN) === 0 ? 0 : 1));
  }

  /** Bytes that a script sends by itself count as the client's. */
  #countSent({ seq: at, payload, sourcePort }: Partial<TcpPacketFields>): void {
    if (at === undefined || payload === undefined || sourcePort !== undefined) return;
    const end = seqAdd(seq(at), payload.length);
    if (seqDiff(end, this.#next) > 0) this.#next = end;
  }

  get #sourcePort(): number {
    return this.#script.sourcePort ?? 40_000;
  }

  #flush(): void {
    for (const segment of this.#queue.splice(0)) this.#send(segment);
  }

  #send(segment: Partial<TcpPacketFields>): void {
    const own = Math.floor(this.#transport.now() / 1e6) + 5000;
    const clock = this.#serverClock;
    const packet = encodeTcpPacket({
      source: CLIENT,
      destination: SERVER,
      sourcePort: this.#sourcePort,
      destinationPort: this.#script.port ?? 80,
      seq: this.#next,
      ack: this.#peerNext,
      flags: TcpFlag.ACK,
      window: this.#script.window ?? 502,
      options: clock === null ? [] : [NOP, NOP, { kind: 8, name: 'ts', value: own, echo: clock }],
      ...segment,
    });
    const { batch } = this.#transport;
    batch.bytes.set(packet);
    batch.lengths[0] = packet.length;
    batch.count = 1;
    this.#transport.flush();
  }
}

const NOP: TcpOption = { kind: 1, name: 'nop' };

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
