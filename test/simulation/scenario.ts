import { host, type HostForm, type Service } from '../network/host.ts';
import type { Local } from '../network/local.ts';
import type { Middlebox } from '../network/middlebox.ts';
import type { TwoWay } from '../network/middleboxes/options.ts';
import { network, router, site, type Network, type RouterForm } from '../network/network.ts';
import type { Ask } from './probe-network.ts';

/** What must come out for one port. Fields that are not named do not matter, but for findings: none are named, none may be there. */
export interface Expected {
  readonly state: 'open' | 'closed' | 'filtered' | 'error';
  readonly reason: string;
  readonly attempts?: number;
  readonly from?: string | null;
  readonly ttl?: number | null;
  /** Smallest and largest RTT in milliseconds; null when there is none. */
  readonly rttMs?: readonly [number, number] | null;
  /** `code:option certainty`. */
  readonly findings?: readonly string[];
  readonly rejected?: number;
  readonly conflict?: boolean;
}

/** A network, what is asked of it, and what must come out. */
export interface Scenario {
  readonly name: string;
  readonly network: Network;
  readonly ask: Ask;
  /** By port, or `target:port`. */
  readonly expect: Readonly<Record<string, Expected>>;
  /** SYNs handed to the kernel. */
  readonly probesSent?: number;
  readonly repliesRejected?: number;
}

/** The server's address in `behind` networks. */
export const SERVER = '198.51.100.7';
/** The router of `behind` networks that has the middleboxes: the second of three. */
export const MIDDLE = '10.0.0.2';
/** TTL of an answer from the server, which starts at 64 and passes three routers. */
const SERVER_TTL = 61;
/** TTL of an ICMP error from the middle router, one hop away from the prober's router. */
export const MIDDLE_TTL = 63;

/** What stands on the second of three routers, and on the machine that probes. */
export interface Between extends Pick<RouterForm, 'forward' | 'reverse' | 'quoting' | 'icmp'> {
  readonly local?: Partial<Local>;
  readonly server?: HostForm;
}

/** A server with `ports` three routers away; every link takes 0.2 ms. */
export function behind(ports: Readonly<Record<number, Service>>, between: Between = {}): Network {
  const { local = {}, server = {}, ...middle } = between;
  const path = [router('10.0.0.1'), router(MIDDLE, middle), router('10.0.0.3')];
  return network([site(host(SERVER, { ...server, ports }), path)], local);
}

/** The same server where the middle router has `forward` boxes alone. */
export function forward(ports: Readonly<Record<number, Service>>, ...boxes: readonly Middlebox[]): Network {
  return behind(ports, { forward: boxes });
}

/** The same server where the middle router has `reverse` boxes alone. */
export function reverse(ports: Readonly<Record<number, Service>>, ...boxes: readonly Middlebox[]): Network {
  return behind(ports, { reverse: boxes });
}

/** The same server where the middle router has both halves of one box. */
export function through(ports: Readonly<Record<number, Service>>, box: TwoWay): Network {
  return behind(ports, { forward: [box.forward], reverse: [box.reverse] });
}

export const OPEN: Expected = { state: 'open', reason: 'syn-ack', attempts: 1, from: SERVER, ttl: SERVER_TTL };
export const CLOSED: Expected = { state: 'closed', reason: 'rst', attempts: 1, from: SERVER, ttl: SERVER_TTL };
export const SILENT: Expected = { state: 'filtered', reason: 'no-response', attempts: 3, from: null, ttl: null, rttMs: null };
