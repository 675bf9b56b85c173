import type { Address } from '../../src/wire/address.ts';
import type { Host } from './host.ts';
import { QUOTE_FULL, type Quoting } from './icmp-error.ts';
import { local, type Local } from './local.ts';
import { chain, type Middlebox } from './middlebox.ts';
import { address } from './packet.ts';

/** One hop of a path. */
export interface Router {
  /** Null: a wire, which sends nothing and leaves the TTL alone. */
  readonly address: Address | null;
  /** ICMP errors: sent, not sent, or this many a second. */
  readonly icmp: 'on' | 'off' | number;
  readonly quoting: Quoting;
  /** False for a router that leaves the TTL alone. */
  readonly agesPackets: boolean;
  /** Milliseconds from the previous hop. */
  readonly delayMs: number;
  /** What it does to packets away from the prober, and towards it. */
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

/** A fork in the path: each packet takes one branch, and so do its answers. */
export interface Fork {
  readonly branches: readonly (readonly Router[])[];
  /** The choice of branch: by a hash of addresses and ports, or round robin packet by packet. */
  readonly by: 'flow' | 'packet';
}

/** A host and the path to it. */
export interface Site {
  readonly host: Host;
  readonly path: readonly (Router | Fork)[];
  /** Milliseconds from the last router to the host. */
  readonly delayMs: number;
}

/** A network as seen from the prober: plain data, unchanged by a run. */
export interface Network {
  readonly local: Local;
  readonly sites: readonly Site[];
  /** The path of packets to any other address; they vanish at its end. */
  readonly elsewhere: readonly Router[];
}

const LINK_MS = 0.2;

/** A router as data; `text` is its dotted address. */
export function router(text: string, form: RouterForm = {}): Router {
  const { forward = [], reverse = [], ...rest } = form;
  const usual = { icmp: 'on', quoting: QUOTE_FULL, agesPackets: true, delayMs: LINK_MS } as const;
  return { ...usual, ...rest, address: address(text), forward: chain(...forward), reverse: chain(...reverse) };
}

/** A wire with middleboxes on it. */
export function wire(form: Pick<RouterForm, 'forward' | 'reverse' | 'delayMs'>): Router {
  return { ...router('0.0.0.0', form), address: null, agesPackets: false, icmp: 'off' };
}

/** Equal-cost branches (ECMP): by flow, as routers choose, or packet by packet. */
export function ecmp(branches: Fork['branches'], by: Fork['by'] = 'flow'): Fork {
  return { branches, by };
}

/** `host` at the end of `path`. */
export function site(host: Host, path: Site['path'] = [], delayMs: number = LINK_MS): Site {
  return { host, path, delayMs };
}

/** A network with its prober; `own` changes the prober. */
export function network(sites: readonly Site[], own: Partial<Local> = {}, elsewhere: readonly Router[] = []): Network {
  return { local: local(own), sites, elsewhere };
}
