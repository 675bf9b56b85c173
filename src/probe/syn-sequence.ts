import type { SendBatch } from '../transport/transport.ts';
import type { Address } from '../wire/address.ts';
import { seq, seqDiff } from '../wire/numbers.ts';
import type { PacketView } from '../wire/packet-view.ts';
import type { ProbeFields, SynTemplate } from '../wire/syn-template.ts';
import { ProbeCookie } from './cookie.ts';
import type { PairTable } from './pair-table.ts';
import type { RouteCache } from './route-cache.ts';
import type { SessionPlan } from './session-plan.ts';

/** No attempt of ours: the numbers do not fit. */
export const UNPROVEN = -1;

/**
 * The SYNs of each pair in order: SYN number n leaves from source port n (in turn) with an ISN that is a keyed hash of the 4-tuple and n.
 * Nothing about them is stored; every SYN can be written again, and a reply's acknowledgement names the SYN that it answers.
 */
export class SynSequence {
  readonly #plan: SessionPlan;
  readonly #pairs: PairTable;
  readonly #routes: RouteCache;
  readonly #cookie: ProbeCookie;
  readonly #templates: SynTemplate[] = [];
  readonly #fields: ProbeFields = { destination: 0 as Address, sourcePort: 0, destinationPort: 0, seq: 0, tsval: 0, ipId: 0 };
  #template: SynTemplate | null = null;
  #source: Address = 0 as Address;
  #bytes: Uint8Array | null = null;
  /** Whose packet stands in each slot of the batch at hand: what packets of a template share is written once. */
  #inSlots: (SynTemplate | null)[] = [];
  readonly #written: Map<Uint8Array, (SynTemplate | null)[]> = new Map();
  /** ISN of the SYN that was written last. */
  lastIsn = 0;
  readonly #oursPort: Uint8Array = new Uint8Array(65_536);

  constructor(plan: SessionPlan, pairs: PairTable, routes: RouteCache) {
    this.#plan = plan;
    this.#pairs = pairs;
    this.#routes = routes;
    this.#cookie = new ProbeCookie(plan.key);
    for (const port of plan.sourcePorts) this.#oursPort[port] = 1;
  }

  /** True for a port that our SYNs leave from. */
  isOurs(port: number): boolean {
    return this.#oursPort[port] === 1;
  }

  /** Index of the way out for a target, or `-errno`. */
  route(target: number): number {
    return this.#routes.lookup(target);
  }

  sourcePort(attempt: number): number {
    return this.#plan.sourcePorts[attempt % this.#plan.sourcePorts.length] as number;
  }

  /** The address that the pair's SYNs leave from. */
  sourceAddress(slot: number): Address {
    return (this.#plan.routes.sources[this.#pairs.source[slot] as number] as { address: Address }).address;
  }

  /** MTU of the interface that the pair's SYNs leave by. */
  mtu(slot: number): number {
    return (this.#plan.routes.sources[this.#pairs.source[slot] as number] as { mtu: number }).mtu;
  }

  /** Names the pair that `add` writes SYNs of; `source` is its way out. */
  aim(target: number, port: number, source: number): void {
    this.#fields.destination = this.#plan.targets.at(target);
    this.#fields.destinationPort = port;
    this.#template = this.#templates[source] ?? this.#craft(source);
    this.#source = (this.#plan.routes.sources[source] as { address: Address }).address;
  }

  /** Names the pair in a slot. */
  aimAt(slot: number): void {
    const { target, port, source } = this.#pairs;
    this.aim(target[slot] as number, port[slot] as number, source[slot] as number);
  }

  /** Tells what `add` adds to. */
  beginBatch(batch: SendBatch): void {
    if (batch.bytes === this.#bytes) return;
    this.#bytes = batch.bytes;
    const known = this.#written.get(batch.bytes);
    this.#inSlots = known ?? Array.from({ length: batch.capacity }, () => null);
    if (known === undefined) this.#written.set(batch.bytes, this.#inSlots);
  }

  /** Writes SYN number `attempt` (from 0) of the pair that `aim` named into the next slot of the batch, under `tag`. */
  add(batch: SendBatch, attempt: number, tag: number): void {
    const slot = batch.count++;
    const offset = slot * batch.slotSize;
    const template = this.#fill(attempt);
    const isThere = this.#inSlots[slot] === template;
    if (!isThere) this.#inSlots[slot] = template;
    batch.lengths[slot] = isThere
      ? template.patch(batch.bytes, offset, this.#fields)
      : template.write(batch.bytes, offset, this.#fields);
    batch.tags[slot] = tag;
  }

  #fill(attempt: number): SynTemplate {
    const fields = this.#fields;
    const cookie = this.#cookie;
    fields.sourcePort = this.sourcePort(attempt);
    cookie.compute(this.#source, fields.destination, (fields.sourcePort << 16) | fields.destinationPort, attempt);
    fields.seq = this.#plan.seq ?? cookie.isn;
    this.lastIsn = fields.seq;
    fields.tsval = cookie.tsval;
    fields.ipId = this.#plan.ipId ?? cookie.ipId;
    return this.#template as SynTemplate;
  }

  /** A copy of SYN number `attempt` of the pair in a slot. */
  packet(slot: number, attempt: number): Uint8Array {
    this.aimAt(slot);
    const template = this.#fill(attempt);
    const bytes = new Uint8Array(template.length);
    template.write(bytes, 0, this.#fields);
    return bytes;
  }

  #craft(source: number): SynTemplate {
    const template = this.#plan.craft(this.#plan.routes.sources[source] as SessionPlan['routes']['sources'][number]);
    this.#templates[source] = template;
    return template;
  }

  isn(slot: number, attempt: number): number {
    if (this.#plan.seq !== null) return this.#plan.seq;
    if (attempt === (this.#pairs.sent[slot] as number) - 1) return this.#pairs.isn[slot] as number;
    this.#compute(slot, attempt);
    return this.#cookie.isn;
  }

  /**
   * Which SYN of the pair a TCP reply acknowledges, latest first, or UNPROVEN. A SYN-ACK must acknowledge the SYN (and may acknowledge its data);
   * an RST may also leave the SYN or the data out (RFC 9293, 3.10.7.3).
   */
  attemptOfTcp(slot: number, view: PacketView, isReset: boolean): number {
    const payload = this.#plan.payloadLength;
    for (let attempt = (this.#pairs.sent[slot] as number) - 1; attempt >= 0; attempt--) {
      if (this.sourcePort(attempt) !== view.destinationPort) continue;
      const acknowledged = seqDiff(seq(view.ack), seq(this.isn(slot, attempt)));
      const fits = isReset ? endsSyn(acknowledged, payload) : acknowledged >= 1 && acknowledged <= payload + 1;
      if (fits && (this.#plan.seq === null || this.#echoFits(slot, attempt, view))) return attempt;
    }
    return UNPROVEN;
  }

  /** Which SYN of the pair an ICMP error quotes, by its sequence number; the source is compared where no NAT left its own in the quote. */
  attemptOfQuote(slot: number, view: PacketView): number {
    const untranslated = view.quoteSource === this.sourceAddress(slot);
    for (let attempt = (this.#pairs.sent[slot] as number) - 1; attempt >= 0; attempt--) {
      if (untranslated && this.sourcePort(attempt) !== view.quoteSourcePort) continue;
      if (view.quoteSeq === this.isn(slot, attempt)) return attempt;
    }
    return UNPROVEN;
  }

  /** The latest SYN that left from `port`, or UNPROVEN. */
  latestFrom(slot: number, port: number): number {
    for (let attempt = (this.#pairs.sent[slot] as number) - 1; attempt >= 0; attempt--) {
      if (this.sourcePort(attempt) === port) return attempt;
    }
    return UNPROVEN;
  }

  /** With one fixed ISN on one source port only the timestamp tells SYNs apart. */
  #echoFits(slot: number, attempt: number, view: PacketView): boolean {
    const echo = view.timestampEcho();
    if (echo <= 0 || this.#plan.sourcePorts.length > attempt) return true;
    this.#compute(slot, attempt);
    return echo === this.#cookie.tsval;
  }

  #compute(slot: number, attempt: number): void {
    const ports = ((this.sourcePort(attempt) << 16) | (this.#pairs.port[slot] as number)) >>> 0;
    const target = this.#plan.targets.at(this.#pairs.target[slot] as number);
    this.#cookie.compute(this.sourceAddress(slot), target, ports, attempt);
  }
}

/** What an RST in answer to a SYN may acknowledge, counted from the ISN: the SYN or not, its data or not. */
function endsSyn(acknowledged: number, payload: number): boolean {
  return acknowledged === 0 || acknowledged === 1 || acknowledged === payload || acknowledged === payload + 1;
}
