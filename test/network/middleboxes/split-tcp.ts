import { seq, type Nanos } from '../../../src/wire/numbers.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { host, type HostContext, type HostForm, type Service } from '../host.ts';
import { isAboutAnError } from '../icmp-error.ts';
import { rst, syn, tcp, type Match } from '../match.ts';
import { chain, onward, when, type Context, type Emission, type Middlebox } from '../middlebox.ts';
import { endpointsOf, reversed, swapped, tupleOf, tupleText, type Packet } from '../packet.ts';
import type { ConnectionHandler } from '../tcp/application.ts';
import { poll } from '../tcp/endpoint.ts';
import { replyToSyn, stackOf } from '../tcp/syn-reply.ts';
import { PassiveOpen } from '../tcp/passive-open.ts';
import { ActiveOpen } from '../tcp/active-open.ts';
import { readTooBig, type TooBig } from '../tcp/path-mtu.ts';
import { segmentOf } from '../tcp/segment.ts';
import type { ServerForm } from '../tcp/server-form.ts';
import { segmentSenderOf } from '../tcp/segment-sender.ts';
import type { TwoWay } from './options.ts';

/**
 * Passes what matches to a service of its own, which answers from the target's address: a transparent proxy
 * (nft `redirect`).
 */
export function transparentProxy(match: Match, service: Service, form: HostForm = {}): Middlebox {
  const machine = host('0.0.0.0', form);
  return when(
    (packet) => tcp(packet) && match(packet),
    (packet, context) => service(packet, { ...context, host: machine }),
  );
}

/** The two sides of a split connection. */
export interface SplitForm {
  /** Towards the client. */
  readonly toClient?: ServerForm;
  /** Options of its SYN to the server; those of Linux unless given. */
  readonly toServer?: readonly TcpOption[];
  readonly machine?: HostForm;
}

const noRelays = (): Map<string, Relay> => new Map();

/**
 * Split TCP: connections that match end in the middle. Once the client's handshake is complete, another is
 * opened to the server from the client's address. Bytes, ends and resets are relayed; numbers, options and
 * segments are not.
 */
export function splitTcp(match: Match, form: SplitForm = {}): TwoWay {
  const key = {};
  const machine = host('0.0.0.0', form.machine);
  const isOurs: Match = (packet) => tcp(packet) && match(packet);
  const relaysOf = (context: Context): Map<string, Relay> => context.remember(key, noRelays);
  const forward: Middlebox = (packet, context) => {
    const here = { ...context, host: machine };
    const known = relaysOf(context).get(tupleOf(packet));
    if (known !== undefined && !(known.isOver && syn(packet))) return known.fromClient(packet, here);
    if (!syn(packet)) return [];
    const relay = new Relay(packet, here, form);
    relaysOf(context).set(tupleOf(packet), relay);
    return relay.pollFrom('client', here);
  };
  const reverse: Middlebox = (packet, context) =>
    relaysOf(context)
      .get(tupleText(swapped(packet)))
      ?.fromServer(packet, { ...context, host: machine }) ?? [];
  /** ICMP errors about the relay's own segments end here. */
  const errors = (side: Side): Middlebox =>
    when(isAboutAnError, (packet, context) => {
      const error = readTooBig(packet);
      const name = error === null ? '' : tupleText(side === 'client' ? error.endpoints : reversed(error.endpoints));
      const relay = relaysOf(context).get(name);
      return error === null || relay === undefined
        ? [onward(packet)]
        : relay.receiveTooBig(side, error, { ...context, host: machine });
    });
  return {
    forward: chain(errors('client'), when(isOurs, forward)),
    reverse: chain(errors('server'), when(isOurs, reverse)),
  };
}

type Side = 'client' | 'server';

const WINDOW = 64_240;
const LINK_MTU = 1500;
const SYN_OPTIONS: readonly TcpOption[] = [
  { kind: 2, name: 'mss', value: 1460 },
  { kind: 4, name: 'sackOK' },
  { kind: 8, name: 'ts', value: 0, echo: 0 },
  { kind: 1, name: 'nop' },
  { kind: 3, name: 'wscale', value: 7 },
];

/** One connection on each side, and the bytes between them. */
class Relay {
  readonly #client: PassiveOpen;
  readonly #server: (now: Nanos) => ActiveOpen;
  #opened: ActiveOpen | null = null;
  #now: Nanos;

  constructor(packet: Packet, context: HostContext, form: SplitForm) {
    this.#now = context.now;
    const own = { ...form.toClient, application: () => this.#clientSide() };
    const stack = stackOf(own, context);
    const reply = replyToSyn(packet, context, own, stack);
    this.#client = new PassiveOpen({ form: own, reply, iss: seq(context.random.uint32()) }, context.now);
    const plan = {
      sender: segmentSenderOf(context, endpointsOf(packet), stack),
      iss: seq(context.random.uint32()),
      options: form.toServer ?? SYN_OPTIONS,
      mtu: LINK_MTU,
      window: WINDOW,
      handler: this.#serverSide(),
    };
    this.#server = (now) => (this.#opened ??= new ActiveOpen(plan, now));
  }

  get isOver(): boolean {
    return this.#client.isOver || this.#client.isInTimeWait;
  }

  fromClient(packet: Packet, context: HostContext): readonly Emission[] {
    this.#now = context.now;
    this.#client.receive(segmentOf(packet), context.now);
    if (rst(packet) && this.#client.isOver) this.#opened?.plan([{ kind: 'reset' }], context.now);
    return this.pollFrom('client', context);
  }

  fromServer(packet: Packet, context: HostContext): readonly Emission[] {
    this.#now = context.now;
    this.#opened?.receive(packet, context.now);
    if (rst(packet) && this.#opened?.isOver === true) this.#client.plan([{ kind: 'reset' }], context.now);
    return this.pollFrom('server', context);
  }

  receiveTooBig(side: Side, error: TooBig, context: HostContext): readonly Emission[] {
    (side === 'client' ? this.#client : this.#opened)?.receiveTooBig(error.seq, error.mtu);
    return this.pollFrom(side, context);
  }

  /** What both connections send now, after a packet from `side`. */
  pollFrom(side: Side, context: HostContext): readonly Emission[] {
    const toClient = poll(this.#client, context, side === 'client' ? 'back' : 'onward');
    if (this.#opened === null) return toClient;
    return [...toClient, ...poll(this.#opened, context, side === 'client' ? 'onward' : 'back')];
  }

  #clientSide(): ConnectionHandler {
    const server = (): ActiveOpen => this.#server(this.#now);
    return {
      opened: () => {
        server();
        return [];
      },
      received: (bytes) => {
        server().plan([{ kind: 'write', bytes: bytes.slice() }], this.#now);
        return [];
      },
      ended: () => {
        server().plan([{ kind: 'shutdown' }], this.#now);
        return [];
      },
    };
  }

  #serverSide(): ConnectionHandler {
    return {
      opened: () => [],
      received: (bytes) => {
        this.#client.plan([{ kind: 'write', bytes: bytes.slice() }], this.#now);
        return [];
      },
      ended: () => {
        this.#client.plan([{ kind: 'shutdown' }], this.#now);
        return [];
      },
    };
  }
}
