import { NANOS_PER_SECOND, seqAdd } from '../../src/wire/numbers.ts';
import { encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../src/wire/decoded.ts';
import type { HostContext, Service } from './host.ts';
import { nextIpId, timestampClock } from './host-memory.ts';
import { syn, tcp } from './match.ts';
import { back, chain, drop, onward, when, type Emission } from './middlebox.ts';
import {
  destinationOf,
  destinationPortOf,
  flagsOf,
  optionsOf,
  payloadLengthOf,
  seqOf,
  sourceOf,
  sourcePortOf,
  type Packet,
} from './packet.ts';
import { resetNumbers } from './reset.ts';
import { answerFlags, answerOptions, answerWindow, type Stack } from './stack.ts';

/** How a listening port differs from one that answers each SYN once. */
export interface OpenForm {
  /** Where this port's stack differs from its host's. */
  readonly stack?: Partial<Stack>;
  /** Options of the SYN-ACK, whatever was offered. */
  readonly options?: readonly TcpOption[];
  /** Data in the SYN-ACK (RFC 7413). */
  readonly payload?: Uint8Array;
  /** Acknowledges the SYN's data too, not the SYN alone (RFC 7413, 3). */
  readonly takesData?: boolean;
  /** Retransmissions of the SYN-ACK until an ACK or RST arrives; 5 on Linux. */
  readonly retransmits?: number;
  /**
   * As with SYN cookies: no state, and without timestamps neither wscale nor SACK (net/ipv4/syncookies.c).
   */
  readonly cookies?: boolean;
}

/** Linux's first SYN-ACK time-out, doubled each time (TCP_TIMEOUT_INIT). */
const SYN_ACK_RTO = NANOS_PER_SECOND;

/** Ignores everything. */
export const silent: Service = drop;

/** A listening port. */
export function open(form: OpenForm = {}): Service {
  const connections = {};
  const count = form.cookies === true ? 0 : (form.retransmits ?? 0);
  return when(tcp, (packet, context) => {
    if (syn(packet)) {
      const reply = synAckTo(packet, context, form);
      return count === 0 ? [back(reply)] : retransmitted(reply, count, halfOpen(packet, context, connections));
    }
    if (count > 0) halfOpen(packet, context, connections).over = true;
    // RFC 9293, 3.10.7.2: in LISTEN an ACK is answered by a reset; FIN, NULL and Xmas are dropped.
    return (flagsOf(packet) & (TcpFlag.RST | TcpFlag.ACK)) === TcpFlag.ACK ? [back(resetTo(packet, context))] : [];
  });
}

/** A closed port: RST (RFC 9293, 3.10.7.1). */
export function closed(stack: Partial<Stack> = {}): Service {
  return when(tcp, (packet, context) => ((flagsOf(packet) & TcpFlag.RST) === 0 ? [back(resetTo(packet, context, stack))] : []));
}

/** Answers a SYN with a SYN without ACK (simultaneous open, RFC 9293, 3.5; the split handshake). */
export function splitHandshake(): Service {
  return when(syn, (packet, context) => {
    const fields = { seq: context.random.uint32(), ack: 0, flags: TcpFlag.SYN, window: 0xffff };
    return [back(answer(packet, { context, own: {} }, { ...fields, options: ownOptions(packet, context, {}) }))];
  });
}

/**
 * An old connection on the tuple of the first SYN: that source port is answered by a challenge ACK with the
 * old connection's numbers (RFC 5961, 4); other source ports reach `next`.
 */
export function staleConnection(next: Service): Service {
  const key = {};
  const stale: Service = (packet, context) => {
    const old = context.remember(key, () => ({
      port: sourcePortOf(packet),
      seq: context.random.uint32(),
      ack: context.random.uint32(),
    }));
    if (old.port !== sourcePortOf(packet)) return [onward(packet)];
    if (!syn(packet)) return [];
    return [back(answer(packet, { context, own: {} }, { seq: old.seq, ack: old.ack, flags: TcpFlag.ACK, window: 501 }))];
  };
  return chain(when(tcp, stale), next);
}

interface HalfOpen {
  over: boolean;
}

function halfOpen(packet: Packet, context: HostContext, key: object): HalfOpen {
  const all = context.remember(key, () => new Map<string, HalfOpen>());
  const tuple = `${sourceOf(packet)}:${sourcePortOf(packet)}:${destinationPortOf(packet)}`;
  const known = all.get(tuple);
  if (known !== undefined) return known;
  const fresh = { over: false };
  all.set(tuple, fresh);
  return fresh;
}

function retransmitted(reply: Packet, count: number, connection: HalfOpen): readonly Emission[] {
  const again = Array.from({ length: count }, (_, time) => ({
    ...back(reply, SYN_ACK_RTO * (2 ** (time + 1) - 1)),
    unless: () => connection.over,
  }));
  return [back(reply), ...again];
}

function synAckTo(packet: Packet, context: HostContext, form: OpenForm): Packet {
  const own = form.stack ?? {};
  const stack = { ...context.host.stack, ...own };
  const data = form.takesData === true ? payloadLengthOf(packet) : 0;
  const options = form.options ?? ownOptions(packet, context, form);
  const fields = {
    seq: context.random.uint32(),
    ack: seqAdd(seqOf(packet), 1 + data),
    flags: answerFlags(stack, flagsOf(packet)),
    window: answerWindow(stack, options),
    options,
  };
  return answer(packet, { context, own }, form.payload === undefined ? fields : { ...fields, payload: form.payload });
}

function ownOptions(packet: Packet, context: HostContext, form: OpenForm): readonly TcpOption[] {
  const stack = { ...context.host.stack, ...form.stack };
  const offered = optionsOf(packet);
  const bare = form.cookies === true && !offered.some((option) => option.name === 'ts');
  return answerOptions(
    bare ? { ...stack, wscale: null, sack: false } : stack,
    offered,
    timestampClock(context, context.now, stack.clockHz),
  );
}

function resetTo(packet: Packet, context: HostContext, own: Partial<Stack> = {}): Packet {
  const { seq, ack, flags } = resetNumbers(packet);
  return answer(packet, { context, own }, { seq, ack, flags, window: 0 });
}

/** Fields of an answer; the rest follows from the segment that it answers. */
interface AnswerFields {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly options?: readonly TcpOption[];
  readonly payload?: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** One object literal without spreads: a full scan of a host makes 65,535 of these. */
function answer(packet: Packet, { context, own }: Answerer, fields: AnswerFields): Packet {
  const { stack } = context.host;
  return encodeTcpPacket({
    source: destinationOf(packet),
    destination: sourceOf(packet),
    sourcePort: destinationPortOf(packet),
    destinationPort: sourcePortOf(packet),
    ttl: own.ttl ?? stack.ttl,
    id: nextIpId(own.ipId ?? stack.ipId, context),
    seq: fields.seq,
    ack: fields.ack,
    flags: fields.flags,
    window: fields.window,
    options: fields.options ?? NO_BYTES,
    payload: fields.payload ?? NO_BYTES,
  });
}

/** The host that answers, and where the port's stack differs from the host's. */
interface Answerer {
  readonly context: HostContext;
  readonly own: Partial<Stack>;
}
