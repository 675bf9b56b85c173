import type { SendBatch } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { seq, seqDiff } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import type { ProbeFields, SynTemplate } from '../../wire/syn-template.ts';
import { ProbeCookie } from '../craft/cookie.ts';
import type { PairTable } from './pair-table.ts';
import type { RouteCache } from './route-cache.ts';
import type { SessionPlan } from './session-plan.ts';
import type { SynBlock } from './syn-block.ts';

/** The slots of a batch. */
interface Slots {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Whose packet stands in each: what packets of a template share is written once. */
  readonly templates: (SynTemplate | null)[];
}

const NO_SLOTS: Slots = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)), templates: [] };

/** No attempt of ours: the numbers do not fit. */
export const UNPROVEN = -1;

/**
 * The SYNs of each pair in order: SYN number n leaves from source port n (in turn) with an ISN that is a word of the run's keystream for the first
 * and a keyed hash of the 4-tuple and n for the others. The first nonce is all that is stored; every SYN can be written again, and a reply's
 * acknowledgement names the SYN that it answers.
 */
export class SynSequence {
  readonly #plan: SessionPlan;
  readonly #pairs: PairTable;
  readonly #routes: RouteCache;
  readonly #cookie: ProbeCookie;
  readonly #templates: SynTemplate[] = [];
  readonly #fields: ProbeFields = { destination: 0 as Address, sourcePort: 0, destinationPort: 0, seq: 0, tsval: 0, ipId: 0 };
  #template: SynTemplate | null = null;
  /** The slots of the batch at hand, and those of all that were at hand before. */
  #slots: Slots = NO_SLOTS;
  readonly #written: Map<Uint8Array, Slots> = new Map();
  /** Nonce of the SYN that was written last. */
  lastNonce = 0;
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

  /** MTU of the interface that SYNs to a target with a route leave by. */
  mtuOf(target: number): number {
    return (this.#plan.routes.sources[this.route(target)] as { mtu: number }).mtu;
  }

  /** Names the pair that `addFirst` writes the SYN of; `source` is its way out. */
  aim(target: number, port: number, source: number): void {
    this.#fields.destination = this.#plan.targets.at(target);
    this.#fields.destinationPort = port;
    this.#template = this.#templates[source] ?? this.#craft(source);
  }

  /** Names the pair in a slot. */
  aimAt(slot: number): void {
    const { target, port, source } = this.#pairs;
    this.aim(target[slot] as number, port[slot] as number, source[slot] as number);
  }

  /** To be called when `batch` is begun. */
  beginBatch(batch: SendBatch): void {
    const { bytes } = batch;
    if (bytes === this.#slots.bytes) return;
    const known = this.#written.get(bytes);
    const templates = Array.from({ length: known === undefined ? batch.capacity : 0 }, () => null);
    this.#slots = known ?? { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), templates };
    if (known === undefined) this.#written.set(bytes, this.#slots);
  }

  /** Writes the first SYN of the pair that `aim` named into the next slot of the batch, under `tag`. */
  addFirst(batch: SendBatch, nonce: number, tag: number): void {
    this.#cookie.expand(nonce);
    this.#add(batch, 0, tag);
  }

  /** Writes the first SYNs of the pairs of `block`, which leave by `block.source`, into the next slots of the batch, under `tag` and the numbers below it. */
  addMany(batch: SendBatch, block: SynBlock, tag: number): void {
    const template = this.#templates[block.source] ?? this.#craft(block.source);
    const { count } = block;
    const first = batch.count;
    const { view, templates } = this.#slots;
    this.#cookie.expandMany(block.nonces, block, count);
    if (this.#plan.seq === null) block.seqs.set(block.nonces);
    else block.seqs.fill(this.#plan.seq);
    if (this.#plan.ipId !== null) block.ipIds.fill(this.#plan.ipId);
    for (let index = 0; index < count; index++) {
      const slot = first + index;
      batch.lengths[slot] = template.length;
      batch.tags[slot] = tag - index;
      if (templates[slot] === template) continue;
      template.write(batch.bytes, slot * batch.slotSize, this.#fields);
      templates[slot] = template;
    }
    const row = { bytes: view, offset: first * batch.slotSize, stride: batch.slotSize };
    template.patchMany(row, this.sourcePort(0), block, count);
    batch.count += count;
  }

  /** Writes SYN number `attempt` (from 0) of the pair in a table slot into the next slot of the batch. */
  add(batch: SendBatch, slot: number, attempt: number): void {
    this.aimAt(slot);
    this.#recall(slot, attempt);
    this.#add(batch, attempt, slot);
  }

  /** A copy of SYN number `attempt` of the pair in a slot. */
  packet(slot: number, attempt: number): Uint8Array {
    this.aimAt(slot);
    this.#recall(slot, attempt);
    return this.#copy(attempt);
  }

  /** A copy of the first SYN, made with that nonce, of a pair whose target has a route. */
  firstPacket(target: number, port: number, nonce: number): Uint8Array {
    this.aim(target, port, this.route(target));
    this.#cookie.expand(nonce);
    return this.#copy(0);
  }

  #copy(attempt: number): Uint8Array {
    this.#fill(attempt);
    const template = this.#template as SynTemplate;
    const bytes = new Uint8Array(template.length);
    template.write(bytes, 0, this.#fields);
    return bytes;
  }

  #add(batch: SendBatch, attempt: number, tag: number): void {
    const index = batch.count++;
    const offset = index * batch.slotSize;
    const template = this.#template as SynTemplate;
    this.#fill(attempt);
    if (this.#slots.templates[index] === template) template.patch(batch.bytes, offset, this.#fields);
    else {
      template.write(batch.bytes, offset, this.#fields);
      this.#slots.templates[index] = template;
    }
    batch.lengths[index] = template.length;
    batch.tags[index] = tag;
    this.lastNonce = this.#cookie.nonce;
  }

  /** What the cookie says of SYN number `attempt` of the pair that `aim` named. */
  #fill(attempt: number): void {
    const fields = this.#fields;
    const cookie = this.#cookie;
    fields.sourcePort = this.sourcePort(attempt);
    fields.seq = this.#plan.seq ?? cookie.nonce;
    fields.tsval = cookie.tsval;
    fields.ipId = this.#plan.ipId ?? cookie.ipId;
  }

  #craft(source: number): SynTemplate {
    const template = this.#plan.craft(this.#plan.routes.sources[source] as SessionPlan['routes']['sources'][number]);
    this.#templates[source] = template;
    return template;
  }

  /** ISN of SYN number `attempt` of the pair in a slot. */
  isn(slot: number, attempt: number): number {
    if (this.#plan.seq !== null) return this.#plan.seq;
    const { sent, nonce } = this.#pairs;
    if (attempt === (sent[slot] as number) - 1) return (nonce[slot] as number) >>> 0;
    this.#recall(slot, attempt);
    return this.#cookie.nonce >>> 0;
  }

  /** ISN of a first SYN with that nonce. */
  firstIsn(nonce: number): number {
    return this.#plan.seq ?? nonce >>> 0;
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

  /** True for an RST in answer to the first SYN, made with that nonce, of a pair of `target`; never where ISNs do not tell SYNs apart. */
  isResetOfFirst(target: number, nonce: number, view: PacketView): boolean {
    if (this.#plan.seq !== null || view.destinationPort !== this.sourcePort(0)) return false;
    const { address } = this.#plan.routes.sources[this.route(target)] as { address: Address };
    return view.destination === address && endsSyn(seqDiff(seq(view.ack), seq(nonce >>> 0)), this.#plan.payloadLength);
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
    this.#recall(slot, attempt);
    return echo === this.#cookie.tsval;
  }

  /** Brings the numbers of SYN number `attempt` of the pair in a slot back into the cookie. */
  #recall(slot: number, attempt: number): void {
    const pairs = this.#pairs;
    if (attempt === 0) return this.#cookie.expand(pairs.firstNonce[slot] as number);
    const ports = (this.sourcePort(attempt) << 16) | (pairs.port[slot] as number);
    const target = this.#plan.targets.at(pairs.target[slot] as number);
    this.#cookie.compute(this.sourceAddress(slot), target, ports, attempt);
  }
}

/** What an RST in answer to a SYN may acknowledge, counted from the ISN: the SYN or not, its data or not. */
function endsSyn(acknowledged: number, payload: number): boolean {
  return acknowledged === 0 || acknowledged === 1 || acknowledged === payload || acknowledged === payload + 1;
}
