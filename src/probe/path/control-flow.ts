import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { ControlResult, PathProbe } from './path-probe.ts';
import { readAnswer } from './path-reply.ts';
import type { FlowSyns } from './flow-syns.ts';

const ATTEMPTS = 2;
/** Hops tried beyond the TTL at which the asked port answered: a proxy usually stands close to its host. */
const MOST_HOPS_BEYOND = 16;
const LEAST_TIMEOUT: Nanos = 150 * NANOS_PER_MS;

/** What a control flow needs. */
export interface ControlPlan {
  /** Makes SYNs without data to another port of the target. */
  readonly syns: FlowSyns;
  readonly isLocal: (address: Address) => boolean;
  readonly firstTtl: number;
  /** The round trip of that answer. */
  readonly rtt: Nanos;
}

/**
 * Checks whether a packet of that TTL reaches the host, with a SYN to another port. If it expires, a nearer
 * device answered for the asked port: it then goes on, hop by hop, to where the host is. Silence tells
 * nothing. The SYNs carry no options: what filters the asked port's for an option must pass these.
 */
export class ControlFlow {
  /** The TTL at which the asked port answered. */
  readonly firstTtl: number;
  finished = false;
  readonly #plan: ControlPlan;
  readonly #probes: PathProbe[] = [];
  readonly #expired: { readonly ttl: number; readonly from: Address }[] = [];
  #ttl: number;
  #attempts = 0;
  #dueAt: Nanos = -Infinity;
  #answeredAt: number | null = null;

  constructor(plan: ControlPlan) {
    this.#plan = plan;
    this.firstTtl = plan.firstTtl;
    this.#ttl = plan.firstTtl;
  }

  get result(): ControlResult {
    return { port: this.#plan.syns.flow.port, expired: this.#expired, answeredAt: this.#answeredAt };
  }

  /** Posts the next probe when it is due; returns when to call again. */
  poll(now: Nanos): Nanos {
    if (this.finished) return Infinity;
    if (now < this.#dueAt) return this.#dueAt;
    this.finished = this.#attempts === ATTEMPTS || this.#probes.some(({ posted }) => posted.errno !== 0);
    if (this.finished) return Infinity;
    this.#probes.push(this.#plan.syns.post(this.#ttl));
    this.#dueAt = now + Math.max(LEAST_TIMEOUT, 3 * this.#plan.rtt) * 2 ** this.#attempts++;
    return this.#dueAt;
  }

  /** Takes a captured packet; false when it does not belong to this flow. */
  receive(packet: DecodedPacket): boolean {
    const { syns, isLocal } = this.#plan;
    const asked = { flow: syns.flow, isn: syns.isn, payloadLength: 0, probes: this.#probes, isLocal };
    const read = readAnswer(packet, asked);
    if (read.is !== 'answer') return read.is !== 'foreign';
    if (read.kind === 'expired' && (read.probe === null || read.probe.ttl === this.#ttl)) this.#expireAt(read.from);
    else if (read.kind === 'tcp') this.#end(this.#ttl);
    else if (read.kind === 'refused' || read.kind === 'local') this.#end(null);
    return true;
  }

  #expireAt(from: Address): void {
    this.#expired.push({ ttl: this.#ttl, from });
    this.#attempts = 0;
    this.#dueAt = -Infinity;
    if (++this.#ttl > this.firstTtl + MOST_HOPS_BEYOND) this.finished = true;
  }

  #end(answeredAt: number | null): void {
    this.#answeredAt ??= answeredAt;
    this.finished = true;
  }
}
