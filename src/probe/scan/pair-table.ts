import { NO_SYNS, type PairSyns, type Reused } from './syn-sequence.ts';

/** What a pair of the table is waiting for. docs/internals/scan.md shows how one phase follows another. */
export const Phase = {
  /** Its next SYN is due and waits for the window. */
  queued: 0,
  /** A SYN is out, and an answer may come. */
  waiting: 1,
  /** An ICMP error or a bare SYN (split handshake) came; a SYN-ACK may still overrule it. */
  soft: 2,
  /** Decided; a contradicting answer may still come. */
  answered: 3,
  /** Decided; the next SYN for an RTT sample is due and waits for the window. */
  sampleQueued: 4,
  /** Decided; a SYN for an RTT sample is out. */
  sampling: 5,
} as const;

/** The strongest answer so far. A larger number is stronger; from `rst` on an answer is final. */
export const Answer = { none: 0, icmp: 1, syn: 2, localIcmp: 3, rst: 4, synAck: 5 } as const;

const EMPTY = -1;

/** Send times kept for each pair: an answer to an older SYN decides the state but gives no RTT. */
const STAMPS = 4;

/** Pairs that need more than the fast tier keeps: columns over slots, and a hash index. 92 bytes a slot. */
export class PairTable {
  capacity = 0;
  active = 0;
  target: Uint32Array = new Uint32Array(0);
  port: Uint16Array = new Uint16Array(0);
  source: Int16Array = new Int16Array(0);
  sent: Uint16Array = new Uint16Array(0);
  phase: Uint8Array = new Uint8Array(0);
  answer: Uint8Array = new Uint8Array(0);
  /** 1 while the latest SYN counts as in flight. */
  inFlight: Uint8Array = new Uint8Array(0);
  /** Extra SYNs granted after challenge ACKs and after losses of the capture. */
  bonus: Uint8Array = new Uint8Array(0);
  /** How often the kernel has refused the latest SYN with EAGAIN or ENOBUFS. */
  stalls: Uint16Array = new Uint16Array(0);
  /** 1-based number of the SYN that was answered. */
  answeredBy: Uint16Array = new Uint16Array(0);
  /** Nonce of the latest SYN, and of the first (ProbeCookie). */
  nonce: Int32Array = new Int32Array(0);
  firstNonce: Int32Array = new Int32Array(0);
  rtt: Float64Array = new Float64Array(0);
  rejected: Uint16Array = new Uint16Array(0);
  /** BlockStore handles. */
  reply: Int32Array = new Int32Array(0);
  conflict: Int32Array = new Int32Array(0);
  rejectedReply: Int32Array = new Int32Array(0);
  #stamps: Float64Array = new Float64Array(0);
  #index: Int32Array = new Int32Array(0);
  #free: Int32Array = new Int32Array(0);
  #freeCount = 0;
  readonly #syns: Reused<PairSyns> = { ...NO_SYNS };

  constructor(capacity: number) {
    this.#extend(capacity);
  }

  get full(): boolean {
    return this.#freeCount === 0;
  }

  /** Takes a free slot for a pair that is not in the table. A full table must `grow` first. */
  add(target: number, port: number): number {
    const slot = this.#free[--this.#freeCount] as number;
    this.target[slot] = target;
    this.port[slot] = port;
    this.sent[slot] = 0;
    this.phase[slot] = Phase.queued;
    this.answer[slot] = Answer.none;
    this.inFlight[slot] = 0;
    this.bonus[slot] = 0;
    this.stalls[slot] = 0;
    this.answeredBy[slot] = 0;
    this.rtt[slot] = NaN;
    this.rejected[slot] = 0;
    this.reply[slot] = 0;
    this.conflict[slot] = 0;
    this.rejectedReply[slot] = 0;
    this.#insert(slot);
    this.active++;
    return slot;
  }

  /** Slot of a pair, or -1. */
  find(target: number, port: number): number {
    const mask = this.#index.length - 1;
    for (let i = hash(target, port) & mask; ; i = (i + 1) & mask) {
      const slot = this.#index[i] as number;
      if (slot === EMPTY || (this.target[slot] === target && this.port[slot] === port)) return slot;
    }
  }

  /** What the pair's SYNs were made from; valid until the next call. */
  synsOf(slot: number): PairSyns {
    const syns = this.#syns;
    syns.target = this.target[slot] as number;
    syns.port = this.port[slot] as number;
    syns.source = this.source[slot] as number;
    syns.sent = this.sent[slot] as number;
    syns.firstNonce = this.firstNonce[slot] as number;
    syns.nonce = this.nonce[slot] as number;
    return syns;
  }

  /** When the latest SYN of the pair was sent. */
  lastSentAt(slot: number): number {
    return this.stampOf(slot, (this.sent[slot] as number) - 1);
  }

  /** Frees the slot. It may still stand in the queue of retries, so its phase must not be a queued one. */
  remove(slot: number): void {
    this.#unlink(slot);
    this.phase[slot] = Phase.answered;
    this.#free[this.#freeCount++] = slot;
    this.active--;
  }

  /** Notes when SYN number `attempt` (from 0) of the pair was sent. */
  stamp(slot: number, attempt: number, at: number): void {
    this.#stamps[slot * STAMPS + (attempt % STAMPS)] = at;
  }

  /** When SYN number `attempt` was sent, or NaN when that is no longer known. */
  stampOf(slot: number, attempt: number): number {
    if ((this.sent[slot] as number) - attempt > STAMPS) return NaN;
    return this.#stamps[slot * STAMPS + (attempt % STAMPS)] as number;
  }

  /**
   * How many SYNs are known lost when the first final answer comes, to SYN number `attempt`. After an ICMP
   * error (senders limit their rate) or a challenge ACK, retries say nothing about loss.
   */
  lostBefore(slot: number, attempt: number): number {
    return this.answer[slot] === Answer.none && this.bonus[slot] === 0 ? attempt : 0;
  }

  /** Doubles the capacity. */
  grow(): void {
    this.#extend(this.capacity * 2);
  }

  #extend(next: number): void {
    const old = this.capacity;
    this.target = extend(this.target, new Uint32Array(next));
    this.port = extend(this.port, new Uint16Array(next));
    this.source = extend(this.source, new Int16Array(next));
    this.sent = extend(this.sent, new Uint16Array(next));
    this.phase = extend(this.phase, new Uint8Array(next));
    this.answer = extend(this.answer, new Uint8Array(next));
    this.inFlight = extend(this.inFlight, new Uint8Array(next));
    this.bonus = extend(this.bonus, new Uint8Array(next));
    this.stalls = extend(this.stalls, new Uint16Array(next));
    this.answeredBy = extend(this.answeredBy, new Uint16Array(next));
    this.nonce = extend(this.nonce, new Int32Array(next));
    this.firstNonce = extend(this.firstNonce, new Int32Array(next));
    this.rtt = extend(this.rtt, new Float64Array(next));
    this.rejected = extend(this.rejected, new Uint16Array(next));
    this.reply = extend(this.reply, new Int32Array(next));
    this.conflict = extend(this.conflict, new Int32Array(next));
    this.rejectedReply = extend(this.rejectedReply, new Int32Array(next));
    this.#stamps = extend(this.#stamps, new Float64Array(next * STAMPS));
    this.#free = extend(this.#free, new Int32Array(next));
    this.capacity = next;
    this.#index = new Int32Array(next * 2).fill(EMPTY);
    for (let slot = 0; slot < old; slot++) this.#insert(slot);
    // Low slots are handed out first, so that the part of the arrays in use stays small.
    for (let slot = next - 1; slot >= old; slot--) this.#free[this.#freeCount++] = slot;
  }

  /** Calls `visit` with every slot in use; `visit` may remove the slot it is given. */
  forEach(visit: (slot: number) => void): void {
    const slots = this.#index.filter((slot) => slot !== EMPTY);
    for (const slot of slots) visit(slot);
  }

  #insert(slot: number): void {
    const mask = this.#index.length - 1;
    let i = hash(this.target[slot] as number, this.port[slot] as number) & mask;
    while (this.#index[i] !== EMPTY) i = (i + 1) & mask;
    this.#index[i] = slot;
  }

  /** Linear probing without tombstones: a long run does not slow down (Knuth, TAOCP 3, 6.4, algorithm R). */
  #unlink(slot: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = hash(this.target[slot] as number, this.port[slot] as number) & mask;
    while (index[hole] !== slot) hole = (hole + 1) & mask;
    for (let i = (hole + 1) & mask; index[i] !== EMPTY; i = (i + 1) & mask) {
      const other = index[i] as number;
      const home = hash(this.target[other] as number, this.port[other] as number) & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        index[hole] = other;
        hole = i;
      }
    }
    index[hole] = EMPTY;
  }
}

function hash(target: number, port: number): number {
  let h = Math.imul(target ^ Math.imul(port, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

function extend<T extends { set(source: T): void }>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
