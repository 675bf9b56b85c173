import { seq, seqAdd, type Seq } from '../../../src/wire/numbers.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { HostContext, Service } from '../host.ts';
import { back, type Emission } from '../middlebox.ts';
import { ackOf, flagsOf, isIcmp, isTcp, seqOf, swapped, tupleOf, tupleText, type Packet } from '../packet.ts';
import type { Stack } from '../stack.ts';
import { cookieClock, cookieFor, cookieStack, readCookie } from './cookies.ts';
import { poll } from './endpoint.ts';
import { earlyData, fastOpenCookie, offeredCookie } from './fast-open.ts';
import { replyToSyn, mtuOf, stackOf } from './syn-reply.ts';
import { PassiveOpen } from './passive-open.ts';
import { PathMtus, readTooBig } from './path-mtu.ts';
import { segmentOf } from './segment.ts';
import { isFull, type ServerForm } from './server-form.ts';

/** A port with a full TCP and an application. */
export function tcpServer(form: ServerForm = {}): Service {
  const key = {};
  return (packet, context) => {
    const listener = context.remember(key, () => new Listener(form, context.random.uint32()));
    return listener.handle(packet, context);
  };
}

/** IP and TCP header without options. */
const HEADERS = 40;
const HANDSHAKE_FLAGS = TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN;

/** The connections of a port. */
class Listener {
  readonly #form: ServerForm;
  readonly #secret: number;
  readonly #connections: Map<string, PassiveOpen> = new Map();
  #opened = 0;
  readonly #pathMtus: PathMtus = new PathMtus();

  constructor(form: ServerForm, secret: number) {
    this.#form = form;
    this.#secret = secret;
  }

  handle(packet: Packet, context: HostContext): readonly Emission[] {
    if (isIcmp(packet)) return this.#receiveError(packet, context);
    if (!isTcp(packet)) return [];
    const flags = flagsOf(packet) & HANDSHAKE_FLAGS;
    const known = this.#find(packet);
    if (known !== null && !(known.isInTimeWait && flags === TcpFlag.SYN)) {
      known.receive(segmentOf(packet), context.now);
      return poll(known, context, 'back');
    }
    if (flags === TcpFlag.SYN) return this.#receiveSyn(packet, context);
    // RFC 9293, 3.10.7.2: in LISTEN an ACK is answered by a reset; RST, FIN, NULL and Xmas are dropped.
    const isAck = (flags & TcpFlag.ACK) !== 0 && (flags & TcpFlag.RST) === 0;
    return isAck ? this.#receiveStrayAck(packet, context) : [];
  }

  #find(packet: Packet): PassiveOpen | null {
    const name = tupleOf(packet);
    const found = this.#connections.get(name) ?? null;
    if (found === null || !found.isOver) return found;
    this.#connections.delete(name);
    return null;
  }

  #receiveSyn(packet: Packet, context: HostContext): readonly Emission[] {
    if (dropsSyn(this.#form, context)) return [];
    if (this.#form.cookies === true) return [back(this.#cookieAnswer(packet, context))];
    const stack = this.#stack(packet, context);
    const reply = replyToSyn(packet, context, this.#form, stack);
    const plan = { form: this.#form, reply, iss: this.#isn(context), mtu: this.#mtuTo(packet) };
    const { early, extras } = this.#fastOpen(packet);
    const incoming = new PassiveOpen(plan, context.now, early, extras);
    this.#connections.set(tupleOf(packet), incoming);
    return poll(incoming, context, 'back');
  }

  #isn({ now, random }: HostContext): Seq {
    return seq(this.#form.isn?.(this.#opened++, now) ?? random.uint32());
  }

  #fastOpen(packet: Packet): ReturnType<typeof earlyData> {
    const { fastOpen = false } = this.#form;
    const offered = fastOpen === false ? null : offeredCookie(packet);
    if (offered === null) return { early: null, extras: {} };
    const answer = earlyData(packet, offered, fastOpenCookie(packet, this.#secret));
    return fastOpen === 'cookies-only' ? { ...answer, early: null } : answer;
  }

  #cookieAnswer(packet: Packet, context: HostContext): Packet {
    const stack = cookieStack(packet, this.#stack(packet, context));
    const reply = replyToSyn(packet, context, this.#form, stack);
    const flags = reply.agreement.ecn ? TcpFlag.ECE : 0;
    const clock = cookieClock(packet, reply.sender.clock(context.now), flags);
    return reply.synAck(cookieFor(packet, this.#secret), context.now, { clock });
  }

  #receiveStrayAck(packet: Packet, context: HostContext): readonly Emission[] {
    const stack = this.#stack(packet, context);
    const agreement = this.#form.cookies === true ? readCookie(packet, this.#secret, stack) : null;
    if (agreement === null) {
      return [back(encodeTcpPacket({ ...swapped(packet), seq: ackOf(packet), flags: TcpFlag.RST, window: 0, ttl: stack.ttl }))];
    }
    const reply = {
      ...replyToSyn(packet, context, this.#form, stack),
      agreement,
      peerNext: seqOf(packet),
    };
    const plan = { form: this.#form, reply, iss: seqAdd(ackOf(packet), -1), mtu: this.#mtuTo(packet) };
    const incoming = PassiveOpen.fromCookie(plan, context.now);
    this.#connections.set(tupleOf(packet), incoming);
    incoming.receive(segmentOf(packet), context.now);
    return poll(incoming, context, 'back');
  }

  #receiveError(packet: Packet, context: HostContext): readonly Emission[] {
    const error = readTooBig(packet);
    if (error === null) return [];
    this.#pathMtus.learn(error.endpoints.source, error.mtu);
    const connection = this.#connections.get(tupleText(error.endpoints));
    connection?.receiveTooBig(error.seq, error.mtu);
    return connection === undefined ? [] : poll(connection, context, 'back');
  }

  /**
   * Linux advertises no more than the path MTU that it knows leaves room for, and sizes its window by it
   * (ipv4_default_advmss).
   */
  #stack(packet: Packet, context: HostContext): Stack {
    const stack = stackOf(this.#form, context);
    return stack.style === 'linux' ? { ...stack, mss: Math.min(stack.mss, this.#mtuTo(packet) - HEADERS) } : stack;
  }

  #mtuTo(packet: Packet): number {
    return this.#pathMtus.to(swapped(packet).destination, mtuOf(this.#form));
  }
}

function dropsSyn({ queue }: ServerForm, { now, random }: HostContext): boolean {
  return isFull(queue, now) && random.fraction() < (queue?.dropsSyns ?? 0);
}
