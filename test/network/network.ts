import type { Address } from '../../src/wire/address.ts';
import { address } from './address-text.ts';
import type { Host } from './host.ts';
import { QUOTE_FULL, type Quoting } from './icmp-error.ts';
import { local, type Local } from './local.ts';
import { chain, type Middlebox } from './middlebox.ts';

/** One stop on a path. */
export interface Router {
  /** Null: a piece of wire that neither shows itself nor ages packets. */
  readonly address: Address | null;
  /** Time exceeded and the like: sent, not sent, or so many a second. */
  readonly icmp: 'on' | 'off' | number;
  readonly quoting: Quoting;
  /** False for a router that leaves the TTL alone. */
  readonly agesPackets: boolean;
  /** Milliseconds from the stop before this one. */
  readonly delayMs: number;
  /** What it does to packets that go away from the prober, and to those that come back. */
  readonly forward: Middlebox;
  readonly reverse: Middlebox;
}

/** How a router differs from one that forwards everything and quotes in full. */
export interface RouterForm {
  readonly icmp?: Router['icmp'];
  readonly quoting?: Quoting;
  readonly agesPackets?: boolean;
  readonly delayMs?: number;
  readonly forward?: readonly Middlebox[];
  readonly reverse?: readonly Middlebox[];
}

/** A place where the path forks and comes together again: each packet takes one of the branches, the same one both ways. */
export interface Fork {
  readonly branches: readonly (readonly Router[])[];
  /** Which branch a packet takes: by its addresses and ports (and then every packet of a connection takes the same), or one after the other. */
  readonly by: 'flow' | 'packet';
}

/** A host and the way to it. */
export interface Site {
  readonly host: Host;
  readonly path: readonly (Router | Fork)[];
  /** Milliseconds from the last router to the host. */
  readonly delayMs: number;
}

/** A whole network as seen from the prober: plain data, unchanged by a run. */
export interface Network {
  readonly local: Local;
  readonly sites: readonly Site[];
  /** The way that packets to any other address take; they vanish at its end. */
  readonly elsewhere: readonly Router[];
}

const LINK_MS = 0.2;

/** A router as data; `text` is its dotted address. */
export function router(text: string, form: RouterForm = {}): Router {
  const { forward = [], reverse = [], ...rest } = form;
  const usual = { icmp: 'on', quoting: QUOTE_FULL, agesPackets: true, delayMs: LINK_MS } as const;
  return { ...usual, ...rest, address: address(text), forward: chain(...forward), reverse: chain(...reverse) };
}

/** A piece of wire with something on it. */
export function wire(form: Pick<RouterForm, 'forward' | 'reverse' | 'delayMs'>): Router {
  return { ...router('0.0.0.0', form), address: null, agesPackets: false, icmp: 'off' };
}

/** Routers side by side that share the packets (ECMP): by flow, as routers do, or packet by packet. */
export function ecmp(branches: Fork['branches'], by: Fork['by'] = 'flow'): Fork {
  return { branches, by };
}

/** `host` behind `path`. */
export function site(host: Host, path: Site['path'] = [], delayMs: number = LINK_MS): Site {
  return { host, path, delayMs };
}

/** A network around a prober that is like any other unless `own` says otherwise. */
export function network(sites: readonly Site[], own: Partial<Local> = {}, elsewhere: readonly Router[] = []): Network {
  return { local: local(own), sites, elsewhere };
}
