import { seq, seqAdd, type Seq } from '../../../src/wire/numbers.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { findOption } from '../../../src/wire/tcp-options.ts';
import { anything, rst, syn, synAck, tcp } from '../match.ts';
import { back, onward, when, type Context, type Emission, type Middlebox } from '../middlebox.ts';
import { edited, set, withOptions } from '../packet-edit.ts';
import { ackOf, endpointsOf, flagsOf, optionsOf, seqOf, swapped, tupleOf, tupleText, windowOf, type Packet } from '../packet.ts';
import type { TwoWay } from './options.ts';
import type { ProxyForm } from './proxies.ts';

/** What is added to the server's numbers towards the client. */
interface Shift {
  readonly seq: number;
  readonly clock: number;
}

/** A connection that the proxy knows. */
interface Proxied {
  readonly syn: Packet;
  readonly isn: Seq;
  /** TTL of the proxy's own packets. */
  readonly ttl: number;
  /** Options of the proxy's SYN-ACK. */
  readonly agreed: readonly TcpOption[];
  /** TSval of the proxy's SYN-ACK. */
  readonly clock: number;
  /** The client's ACK, once received. */
  proof: Packet | null;
  /** Once the server has answered. */
  shift: Shift | null;
}

const NOP: TcpOption = { kind: 1, name: 'nop' };
/** nft `synproxy mss 1460 wscale 7 timestamp sack-perm`. */
const OPTIONS: readonly TcpOption[] = [
  { kind: 2, name: 'mss', value: 1460 },
  { kind: 4, name: 'sackOK' },
  { kind: 8, name: 'ts', value: 0, echo: 0 },
  NOP,
  { kind: 3, name: 'wscale', value: 7 },
];

const noConnections = (): Map<string, Proxied> => new Map();

/**
 * A complete SYN proxy (net/netfilter/nf_synproxy_core.c). It answers with its own SYN-ACK: window 0, own
 * ISN and TTL, and those of `options` that the client offered. On the client's ACK it sends its own SYN to
 * the server; on the server's SYN-ACK, an ACK to the server and a window update to the client. From then on
 * it translates sequence numbers and timestamps. Other segments are dropped.
 */
export function completeSynProxy(form: ProxyForm = {}): TwoWay {
  const key = {};
  const match = (packet: Packet): boolean => tcp(packet) && (form.match ?? anything)(packet);
  const known = (context: Context, name: string): Proxied | undefined => context.remember(key, noConnections).get(name);
  const forward: Middlebox = (packet, context) => {
    const before = known(context, tupleOf(packet));
    if (!syn(packet)) return fromClient(packet, before);
    const isRepeated = before !== undefined && seqOf(before.syn) === seqOf(packet);
    const proxied = isRepeated ? before : newcomer(packet, context, form);
    context.remember(key, noConnections).set(tupleOf(packet), proxied);
    return [back(answerTo(proxied, form.window ?? 0))];
  };
  const reverse: Middlebox = (packet, context) => fromServer(packet, known(context, tupleText(swapped(packet))));
  return { forward: when(match, forward), reverse: when(match, reverse) };
}

function newcomer(asked: Packet, { random }: Context, { options = OPTIONS, ttl = 64 }: ProxyForm): Proxied {
  const clock = random.uint32();
  const offered = optionsOf(asked).map((one) => one.kind);
  // What both support, in the proxy's order; MSS always.
  const agreed = options
    .filter(({ kind }) => kind === 2 || kind === 1 || offered.includes(kind))
    .map((one) => (one.name === 'ts' ? { ...one, value: clock, echo: clockOf(asked) } : one));
  return { syn: asked, isn: seq(random.uint32()), ttl, agreed, clock, proof: null, shift: null };
}

function answerTo({ syn: asked, isn, agreed, ttl }: Proxied, window: number): Packet {
  const numbers = { seq: isn, ack: seqAdd(seqOf(asked), 1), flags: TcpFlag.SYN | TcpFlag.ACK };
  return encodeTcpPacket({ ...swapped(asked), ...numbers, ttl, window, options: agreed });
}

function fromClient(packet: Packet, proxied: Proxied | undefined): readonly Emission[] {
  if (proxied === undefined) return [];
  if (proxied.shift !== null) return [onward(toServer(packet, proxied.shift))];
  const isProof = (flagsOf(packet) & TcpFlag.ACK) !== 0 && ackOf(packet) === seqAdd(proxied.isn, 1);
  if (!isProof || rst(packet)) return [];
  proxied.proof ??= packet;
  // Each further segment of the client repeats the SYN to the server.
  return [onward(synTo(proxied, proxied.proof))];
}

/** The client's SYN, with only the options that the proxy agreed to and the window of the client's ACK. */
function synTo({ syn: asked, agreed, ttl }: Proxied, proof: Packet): Packet {
  const kinds = [2, ...agreed.map((one) => one.kind)];
  const options = optionsOf(asked)
    .filter((one) => kinds.includes(one.kind))
    .map((one) => (isClock(one) ? { ...one, value: clockOf(proof), echo: 0 } : one));
  const numbers = { seq: seqOf(asked), flags: TcpFlag.SYN, window: windowOf(proof) };
  return encodeTcpPacket({ ...endpointsOf(asked), ...numbers, ttl, options });
}

function fromServer(packet: Packet, proxied: Proxied | undefined): readonly Emission[] {
  if (proxied === undefined || proxied.proof === null) return [];
  if (rst(packet) && proxied.shift === null) return [onward(resetFor(packet, proxied))];
  if (!synAck(packet)) return proxied.shift === null ? [] : [onward(toClient(packet, proxied.shift))];
  const first = proxied.shift === null;
  proxied.shift ??= { seq: proxied.isn - seqOf(packet), clock: proxied.clock - clockOf(packet) };
  const confirmed = back(confirmation(packet, proxied, proxied.proof));
  return first ? [confirmed, onward(windowUpdate(packet, proxied, proxied.shift))] : [confirmed];
}

/** The ACK that completes the handshake with the server. */
function confirmation(packet: Packet, { ttl }: Proxied, proof: Packet): Packet {
  const numbers = { seq: ackOf(packet), ack: seqAdd(seqOf(packet), 1), flags: TcpFlag.ACK, window: windowOf(proof) };
  const options = clockOptions(packet, clockOf(proof), clockOf(packet));
  return encodeTcpPacket({ ...swapped(packet), ...numbers, ttl, options });
}

/** Opens the window after the proxy's SYN-ACK with window 0. */
function windowUpdate(packet: Packet, { ttl }: Proxied, shift: Shift): Packet {
  const scale = findOption(optionsOf(packet), 'wscale')?.value ?? 0;
  const ts = findOption(optionsOf(packet), 'ts');
  const options = clockOptions(packet, clockOf(packet) + shift.clock, ts?.echo ?? 0);
  const numbers = { seq: seqAdd(seqOf(packet), shift.seq + 1), ack: ackOf(packet), flags: TcpFlag.ACK };
  return encodeTcpPacket({ ...endpointsOf(packet), ...numbers, ttl, window: windowOf(packet) >>> scale, options });
}

function clockOptions(packet: Packet, value: number, echo: number): readonly TcpOption[] {
  if (findOption(optionsOf(packet), 'ts') === undefined) return [];
  return [NOP, NOP, { kind: 8, name: 'ts', value: value >>> 0, echo: echo >>> 0 }];
}

/** The server refused: a reset that the client accepts. */
function resetFor(packet: Packet, { isn, syn: asked, ttl }: Proxied): Packet {
  const numbers = { seq: seqAdd(isn, 1), ack: seqAdd(seqOf(asked), 1), flags: TcpFlag.RST | TcpFlag.ACK, window: 0 };
  return encodeTcpPacket({ ...endpointsOf(packet), ...numbers, ttl });
}

function toServer(packet: Packet, shift: Shift): Packet {
  const moved = edited(packet, (bytes) => set.ack(bytes, (ackOf(bytes) - shift.seq) >>> 0));
  return withClock(moved, (ts) => ({ ...ts, echo: (ts.echo - shift.clock) >>> 0 }));
}

function toClient(packet: Packet, shift: Shift): Packet {
  const moved = edited(packet, (bytes) => set.seq(bytes, (seqOf(bytes) + shift.seq) >>> 0));
  return withClock(moved, (ts) => ({ ...ts, value: (ts.value + shift.clock) >>> 0 }));
}

type Clock = Extract<TcpOption, { readonly kind: 8; readonly name: 'ts' }>;

function isClock(option: TcpOption): option is Clock {
  return option.name === 'ts';
}

function withClock(packet: Packet, change: (ts: Clock) => Clock): Packet {
  const options = optionsOf(packet);
  if (!options.some(isClock)) return packet;
  const changed = options.map((one) => (isClock(one) ? change(one) : one));
  return withOptions(packet, changed);
}

function clockOf(packet: Packet): number {
  return findOption(optionsOf(packet), 'ts')?.value ?? 0;
}
