import { randomBytes } from 'node:crypto';

import { SynscopeError } from '../../errors.ts';
import { engineError } from '../engine.ts';
import { attachFilter, Bpf, FilterProgram } from './filter-program.ts';
import { BIND, type BindingStep, FORBIDDEN, PortBinder } from './port-binder.ts';
import { choosePorts } from './port-choice.ts';
import type { Reservation } from './source-ports.ts';
import { hasSystemCalls, systemCalls } from './system-calls.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';

/** Which source ports are wanted. */
export interface SuppressionOptions {
  /** The first of `count` consecutive ports that the user asked for, or null for a choice at random. */
  readonly first: number | null;
}

/**
 * Source ports that are ours until `release`, and on which the kernel is silent: it drops every TCP packet
 * (IPv4) that arrives there, after captures and raw sockets have seen it. A SYN-ACK draws no RST either: the
 * caller must tear connections down itself (RST or FIN), also when interrupted, or leaves the target with a
 * half-open connection.
 */
export interface ResetSuppression extends Reservation {
  /** Always: ports whose resets cannot be suppressed are not handed out. */
  readonly held: true;
  readonly missing: null;
}

/** No connection ever waits here. */
const BACKLOG = 0;
const IPPROTO_TCP = 6;
const TCP_MD5SIG_EXT = 32;
/** `struct tcp_md5sig` (linux/tcp.h): offsets of its fields, and its length. */
const Md5 = { FAMILY: 0, FLAGS: 128, KEY_LENGTH: 130, KEY: 136, BYTES: 216 } as const;
const PREFIX = 1;
const KEY_BYTES = 16;

/**
 * Makes the kernel drop whatever would reach the socket. By a filter; where that is refused (since 2026 Linux
 * wants CAP_NET_ADMIN for a filter on a TCP socket), by demanding of every peer a signature with a key that
 * no peer has, which needs no right.
 */
const SILENCE: BindingStep = {
  name: 'SO_ATTACH_FILTER',
  hint: 'give CAP_NET_ADMIN (--cap-add=NET_ADMIN, setcap cap_net_raw,cap_net_admin+ep), or use a kernel with CONFIG_TCP_MD5SIG',
  apply(calls, socket) {
    const result = attachFilter(calls, socket, dropEverything());
    if (result === 0) return 0;
    return calls.setOption(socket, IPPROTO_TCP, TCP_MD5SIG_EXT, unknownKey()) < 0 ? result : 0;
  },
};

/** The kernel delivers to connections and listening sockets; one that is merely bound is not found. */
const LISTEN: BindingStep = {
  name: 'listen',
  hint: FORBIDDEN,
  apply: (calls, socket) => calls.listen(socket, BACKLOG),
};

/**
 * Suppresses the kernel's resets on `count` source ports, 1 or more, chosen as those of `reserveSourcePorts`
 * are. Needs no privilege for ports above 1023. Each is a socket in LISTEN, silenced before it listens, so
 * that nothing gets past. Throws `not-installed` without koffi, a usage error when the port that the user
 * asked for is taken, `not-permitted` when it is a privileged one or the kernel refuses to be silenced,
 * `engine-lost` when this host has not that many free ports. Then nothing is held.
 */
export function suppressSourcePortResets(count: number, { first }: SuppressionOptions): ResetSuppression {
  const calls = systemCalls();
  if (!hasSystemCalls(calls)) throw engineError(calls);
  const binder = new PortBinder(calls, [SILENCE, BIND, LISTEN]);
  try {
    const ports = choosePorts({
      count,
      first,
      binder,
      purpose: 'suppressing resets of source ports',
      refused: cannotSuppress('source port'),
    });
    return { ports, held: true, missing: null, release: () => binder.release() };
  } catch (error) {
    binder.release();
    throw error;
  }
}

/**
 * The same for exactly these ports, ascending: what is sent to them is answered by the caller alone. Throws
 * as `suppressSourcePortResets` does, a usage error when one of them is taken.
 */
export function suppressListeningPortResets(ports: readonly number[]): ResetSuppression {
  const calls = systemCalls();
  if (!hasSystemCalls(calls)) throw engineError(calls);
  const binder = new PortBinder(calls, [SILENCE, BIND, LISTEN]);
  const about = {
    count: 1,
    binder,
    purpose: 'suppressing resets of listening ports',
    subject: 'listening port',
    refused: cannotSuppress('port'),
  };
  try {
    for (const first of ports) choosePorts({ ...about, first });
    return { ports, held: true, missing: null, release: () => binder.release() };
  } catch (error) {
    binder.release();
    throw error;
  }
}

function dropEverything(): Uint8Array {
  const program = new FilterProgram();
  program.prepend(Bpf.RETURN, 0);
  return program.bytes();
}

/** A key for 0.0.0.0/0: segments without a signature, or with another key's, are dropped (RFC 2385). */
function unknownKey(): Uint8Array {
  const key = new Uint8Array(Md5.BYTES);
  const halves = new Uint16Array(key.buffer);
  halves[Md5.FAMILY / 2] = FAMILIES[IPV4].socketFamily;
  key[Md5.FLAGS] = PREFIX;
  halves[Md5.KEY_LENGTH / 2] = KEY_BYTES;
  key.set(randomBytes(KEY_BYTES), Md5.KEY);
  return key;
}

function cannotSuppress(what: string): (port: number) => never {
  return (port) => {
    throw new SynscopeError('not-permitted', `suppressing the resets of ${what} ${port}: binding it needs CAP_NET_BIND_SERVICE`, {
      hint: 'choose a port above 1023, or give the capability',
    });
  };
}
