import { randomBytes } from 'node:crypto';

import { SynscopeError } from '../../errors.ts';
import { engineError } from '../engine.ts';
import { attachFilter, Bpf, FilterProgram } from './filter-program.ts';
import { BIND, type BindingStep, PortBinder } from './port-binder.ts';
import { choosePorts, type PortChoice } from './port-choice.ts';
import type { Reservation } from './source-ports.ts';
import { hasSystemCalls, systemCalls } from './system-calls.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';

const BACKLOG = 0;
const IPPROTO_TCP = 6;
const TCP_MD5SIG_EXT = 32;
/** `struct tcp_md5sig` (linux/tcp.h): offsets of its fields, and its length. */
const Md5 = { FAMILY: 0, FLAGS: 128, KEY_LENGTH: 130, KEY: 136, BYTES: 216 } as const;
const PREFIX = 1;
const KEY_BYTES = 16;

/**
 * Makes the kernel drop what would reach the socket: by a filter, or where that is refused (since 2026 it
 * needs CAP_NET_ADMIN on a TCP socket) by demanding signatures with a key that no peer has, which needs no
 * right.
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
const LISTEN: BindingStep = { name: 'listen', apply: (calls, socket) => calls.listen(socket, BACKLOG) };

/**
 * Source ports, chosen as those of `reserveSourcePorts` are, on which the kernel drops every TCP packet after
 * captures and raw sockets have seen it. A SYN-ACK draws no RST either: the caller must tear connections down
 * itself, also when interrupted. Each is a socket in LISTEN, silenced before it listens. Throws as
 * `choosePorts` does, `not-installed` without koffi, `not-permitted` for a privileged port or where silencing
 * is refused.
 */
export function suppressSourcePortResets(count: number, { first }: Pick<PortChoice, 'first'>): Reservation {
  return suppressed('source port', (choice) => choosePorts({ ...choice, count, first }));
}

/** The same for exactly these ports, ascending: what is sent to them is answered by the caller alone. */
export function suppressListeningPortResets(ports: readonly number[]): Reservation {
  return suppressed('listening port', (choice) => ports.flatMap((first) => choosePorts({ ...choice, count: 1, first })));
}

function suppressed(
  subject: 'source port' | 'listening port',
  choose: (choice: Omit<PortChoice, 'count' | 'first'>) => readonly number[],
): Reservation {
  const calls = systemCalls();
  if (!hasSystemCalls(calls)) throw engineError(calls);
  const binder = new PortBinder(calls, [SILENCE, BIND, LISTEN]);
  const refused = (port: number): never => {
    const message = `suppressing the resets of ${subject} ${port}: binding it needs CAP_NET_BIND_SERVICE`;
    throw new SynscopeError('not-permitted', message, { hint: 'choose a port above 1023, or give the capability' });
  };
  const ports = choose({ binder, purpose: `suppressing resets of ${subject}s`, subject, refused });
  return { ports, held: true, missing: null, release: () => binder.release() };
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
