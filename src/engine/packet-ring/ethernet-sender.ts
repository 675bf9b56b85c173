import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { EngineProblem } from '../engine.ts';
import type { SystemCalls } from '../linux/system-calls.ts';
import { addressWord, DESTINATION_WORD, largestPacket, SOURCE_WORD } from './frame-slots.ts';
import { type HopOptions, NextHops } from './next-hops.ts';
import { openPacketTransmit } from './packet-transmit.ts';
import type { FramePath, FrameTransmit, PacketSender } from './sender.ts';
import { openXdpTransmit } from './xdp-transmit.ts';

/** What an Ethernet sender needs. */
export interface EthernetOptions extends HopOptions {
  readonly calls: SystemCalls;
  /** Sends the packets that have no hop; the sender's own once it is open. */
  readonly fallback: PacketSender;
  /** `slotBytesFor` the longest packet. */
  readonly slotBytes: number;
  readonly now: () => Nanos;
}

/** A sender for one interface and source address by the first of `paths` to be had, or why there is none. */
export function openEthernetSender(options: EthernetOptions, paths: readonly FramePath[]): EthernetSender | EngineProblem {
  const { calls, slotBytes } = options;
  const hops = NextHops.open(calls, options);
  if (!(hops instanceof NextHops)) return hops;
  const { index } = hops.link;
  const refusals: EngineProblem[] = [];
  for (const path of paths) {
    const isXdp = path === 'af-xdp';
    const transmit = isXdp ? openXdpTransmit(calls, index, slotBytes) : openPacketTransmit(calls, index, slotBytes);
    if (!('code' in transmit)) {
      const way = isXdp ? 'AF_XDP ring in copy mode' : 'AF_PACKET past the queueing discipline';
      const instead = refusals.map(({ message }) => `, no AF_XDP: ${message}`).join('');
      return new EthernetSender(options, { hops, transmit, why: `${way} on ${options.interface}${instead}` });
    }
    refusals.push(transmit);
  }
  hops.close();
  return { ...(refusals.at(-1) as EngineProblem), message: refusals.map(({ message }) => message).join('; ') };
}

/**
 * Sends Ethernet frames past routing, the firewall's output rules, IPsec policies, the queueing discipline
 * and captures, ours included. Packets without a hop, or from another source address, go through the
 * fallback.
 */
export class EthernetSender implements PacketSender {
  readonly path: FramePath;
  readonly batch: SendBatch;
  readonly posting = null;
  /** Which way packets go, and why not a faster one; for people. */
  readonly why: string;
  readonly #transmit: FrameTransmit;
  readonly #hops: NextHops;
  readonly #fallback: PacketSender;
  readonly #now: () => Nanos;
  readonly #source: number;
  readonly #largest: number;
  /** Slots that are staged, and slots that stand in the fallback's batch, in order. */
  readonly #staged: Int32Array;
  readonly #deferred: Int32Array;
  #stagedCount = 0;
  #deferredCount = 0;
  /** 0 while frames can be sent. */
  #refusal = 0;
  /** Of the slot that is no frame. */
  #hop = -1;

  /** Owns `hops`, `transmit` and the fallback. */
  constructor(options: EthernetOptions, { hops, transmit, why }: { hops: NextHops; transmit: FrameTransmit; why: string }) {
    this.path = transmit.path;
    this.batch = transmit.batch;
    this.why = why;
    this.#transmit = transmit;
    this.#hops = hops;
    this.#fallback = options.fallback;
    this.#now = options.now;
    this.#source = addressWord(options.source);
    this.#largest = Math.min(hops.link.mtu, largestPacket(transmit.frames.slotBytes));
    this.#staged = new Int32Array(transmit.chunk);
    this.#deferred = new Int32Array(options.fallback.batch.capacity);
  }

  /** See PacketSender. `sentAt` is read before each chunk, so it is 0.1 ms early at most. */
  flush(): void {
    const { count } = this.batch;
    this.#hops.turn(this.#now());
    this.#refusal = this.#transmit.begin();
    for (let slot = 0; slot < count;) slot = this.#refusal === 0 ? this.#placeRun(slot, count) : this.#refuse(slot);
    this.#sendDeferred();
    this.#sendStaged();
    this.#transmit.finish();
  }

  close(): Promise<void> {
    this.#transmit.close();
    this.#hops.close();
    return this.#fallback.close();
  }

  /** Places frames from `first` on that have room, or one slot that is none; returns the next slot. */
  #placeRun(first: number, end: number): number {
    const most = Math.min(end - first, this.#transmit.chunk - this.#stagedCount);
    const run = this.#frameable(first, most);
    if (run > 0) this.#stage(first, run);
    if (run === most) return first + run;
    this.#leave(first + run);
    return first + run + 1;
  }

  /** How many slots from `first` on are frames, `most` at most; `#hop` is that of the next one. */
  #frameable(first: number, most: number): number {
    const { lengths } = this.batch;
    const { frames } = this.#transmit;
    const { table } = this.#hops;
    const { words, slotWords } = frames;
    const source = this.#source;
    const largest = this.#largest;
    const frame = this.#transmit.frameOf(first);
    let at = frame * slotWords;
    for (let run = 0; run < most; run++) {
      const hop = words[at + SOURCE_WORD] === source ? this.#hops.find(words[at + DESTINATION_WORD] as number) : -1;
      if (hop < 0 || (lengths[first + run] as number) > largest) {
        this.#hop = hop;
        return run;
      }
      frames.setHeader(frame + run, table.headers, hop, table.stamps[hop] as number);
      at += slotWords;
    }
    return most;
  }

  #stage(first: number, count: number): void {
    this.#transmit.stage(first, count);
    for (let slot = first; slot < first + count; slot++) this.#staged[this.#stagedCount++] = slot;
    if (this.#stagedCount < this.#transmit.chunk) return;
    // Packets of the raw socket first: their destinations may have got a hop meanwhile.
    this.#sendDeferred();
    this.#sendStaged();
  }

  /** Frames cannot be sent now; what is none can. Returns the next slot. */
  #refuse(slot: number): number {
    if (this.#frameable(slot, 1) === 1) this.batch.errors[slot] = this.#refusal;
    else this.#leave(slot);
    return slot + 1;
  }

  #leave(slot: number): void {
    if (this.#hop < 0) this.#defer(slot);
    else this.batch.errors[slot] = Errno.EMSGSIZE;
  }

  #sendStaged(): void {
    const { errors, sentAt } = this.batch;
    const count = this.#stagedCount;
    if (count === 0) return;
    this.#stagedCount = 0;
    const at = this.#now();
    const sent = this.#transmit.send();
    for (let index = 0; index < count; index++) {
      const slot = this.#staged[index] as number;
      errors[slot] = index < sent ? 0 : Errno.EAGAIN;
      sentAt[slot] = at;
    }
    if (sent === count) return;
    errors[this.#staged[sent] as number] = this.#transmit.errno;
    this.#refusal = Errno.EAGAIN;
  }

  #defer(slot: number): void {
    const { batch } = this.#fallback;
    const length = this.batch.lengths[slot] as number;
    if (length > batch.slotSize) {
      this.batch.errors[slot] = Errno.EMSGSIZE;
      return;
    }
    if (this.#deferredCount === batch.capacity) this.#sendDeferred();
    const from = slot * this.batch.slotSize;
    const to = this.#deferredCount * batch.slotSize;
    for (let index = 0; index < length; index++) batch.bytes[to + index] = this.batch.bytes[from + index] as number;
    batch.lengths[this.#deferredCount] = length;
    this.#deferred[this.#deferredCount++] = slot;
  }

  #sendDeferred(): void {
    const count = this.#deferredCount;
    if (count === 0) return;
    this.#deferredCount = 0;
    const { batch } = this.#fallback;
    batch.count = count;
    this.#fallback.flush();
    for (let index = 0; index < count; index++) {
      const slot = this.#deferred[index] as number;
      this.batch.errors[slot] = batch.errors[index] as number;
      this.batch.sentAt[slot] = batch.sentAt[index] as number;
    }
  }
}
