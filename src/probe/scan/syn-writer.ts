import type { SendBatch, Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import type { ProbeFields, SynTemplate } from '../../wire/syn-template.ts';
import type { CookieNumbers } from '../craft/cookie.ts';
import type { SessionPlan } from './session-plan.ts';
import type { SynBlock } from './syn-blocks.ts';
import type { PairSyns, SynSequence } from './syn-sequence.ts';

/** The memory of a batch. */
interface Slots {
  readonly view: DataView;
  /** By slot, the template that was written there last: what its packets share need not be written again. */
  readonly templates: (SynTemplate | null)[];
}

/** Writes SYNs as packets: into batches, or as copies of those that have left. */
export class SynWriter {
  readonly #plan: SessionPlan;
  readonly #syns: SynSequence;
  readonly #templates: SynTemplate[] = [];
  readonly #fields: ProbeFields = { destination: 0 as Address, sourcePort: 0, destinationPort: 0, seq: 0, tsval: 0, ipId: 0 };
  /** By the bytes of a batch, which may be others each time that it is filled. */
  readonly #slots: Map<Uint8Array, Slots> = new Map();

  constructor(plan: SessionPlan, syns: SynSequence) {
    this.#plan = plan;
    this.#syns = syns;
  }

  /** Writes the SYNs of `block` into the next slots of the batch, under `tag` and the numbers below it. */
  writeBlock(batch: SendBatch, block: SynBlock, tag: number): void {
    const template = this.#templateOf(block.source);
    const { view, templates } = this.#slotsOf(batch);
    const { count } = block;
    const first = batch.count;
    this.#syns.fillFirst(block, block.nonces, count);
    for (let index = 0; index < count; index++) {
      const slot = first + index;
      batch.lengths[slot] = template.length;
      batch.tags[slot] = tag - index;
      if (templates[slot] === template) continue;
      template.write(batch.bytes, slot * batch.slotSize, this.#fields);
      templates[slot] = template;
    }
    const row = { bytes: view, offset: first * batch.slotSize, stride: batch.slotSize };
    template.patchMany(row, this.#syns.sourcePort(0), block, count);
    batch.count += count;
  }

  /** Writes the next SYN of the pair into the next slot of the batch, under `tag`; returns its nonce. */
  writeNext(batch: SendBatch, pair: PairSyns, tag: number): number {
    const template = this.#templateOf(pair.source);
    const { templates } = this.#slotsOf(batch);
    const slot = batch.count++;
    const offset = slot * batch.slotSize;
    const numbers = this.#syns.numbers(pair, pair.sent);
    const fields = this.#fieldsOf(pair, pair.sent, numbers);
    if (templates[slot] === template) template.patch(batch.bytes, offset, fields);
    else template.write(batch.bytes, offset, fields);
    templates[slot] = template;
    batch.lengths[slot] = template.length;
    batch.tags[slot] = tag;
    return numbers.nonce;
  }

  /** A copy of SYN number `attempt` (from 0) of the pair. */
  packet(pair: PairSyns, attempt: number): Uint8Array {
    const template = this.#templateOf(pair.source);
    const bytes = new Uint8Array(template.length);
    template.write(bytes, 0, this.#fieldsOf(pair, attempt, this.#syns.numbers(pair, attempt)));
    return bytes;
  }

  /** What tells SYN number `attempt` from other packets of its template; valid until the next call. */
  #fieldsOf(pair: PairSyns, attempt: number, { nonce, tsval, ipId }: CookieNumbers): ProbeFields {
    const fields = this.#fields;
    fields.destination = this.#plan.targets.at(pair.target);
    fields.destinationPort = pair.port;
    fields.sourcePort = this.#syns.sourcePort(attempt);
    fields.seq = this.#plan.seq ?? nonce;
    fields.tsval = tsval;
    fields.ipId = this.#plan.ipId ?? ipId;
    return fields;
  }

  #templateOf(source: number): SynTemplate {
    return (this.#templates[source] ??= this.#plan.craft(this.#plan.routes.sources[source] as Source));
  }

  #slotsOf({ bytes, capacity }: SendBatch): Slots {
    let slots = this.#slots.get(bytes);
    if (slots === undefined) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      slots = { view, templates: Array.from({ length: capacity }, () => null) };
      this.#slots.set(bytes, slots);
    }
    return slots;
  }
}
