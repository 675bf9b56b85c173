import type { Nanos } from '../../wire/numbers.ts';

const INITIAL_CAPACITY = 1024;
const GONE = -1;

/** What is known of a pair whose first SYN was answered. */
export interface AnsweredFirst {
  readonly target: number;
  readonly port: number;
  /** In the order of the run. */
  readonly position: number;
  readonly at: Nanos;
  readonly rtt: Nanos;
  /** BlockStore handle of the answer. */
  readonly reply: number;
}

/**
 * Pairs whose first SYN was answered by an RST, in the order of the answers: nearly all that a scan of a host hears. Each waits a while, all of them for the same
 * time, for an answer that contradicts it. Until then it is six numbers here, and its place in the ring of first SYNs. A number names one until it has left.
 */
export class ResetGrace {
  /** How many are here. */
  size = 0;
  readonly #linger: Nanos;
  #mask = INITIAL_CAPACITY - 1;
  /** Numbers of the oldest that may be here, and of the next that comes; they count up without end. */
  #oldest = 0;
  #next = 0;
  #positions: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #targets: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  #ports: Uint16Array = new Uint16Array(INITIAL_CAPACITY);
  #answeredAt: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #rtts: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #replies: Int32Array = new Int32Array(INITIAL_CAPACITY);

  /** `linger`: how long each waits. */
  constructor(linger: Nanos) {
    this.#linger = linger;
  }

  /** When the oldest has waited long enough; Infinity when there is none. */
  get nextDue(): Nanos {
    return this.#skipGone() ? this.dueAt(this.#oldest) : Infinity;
  }

  /** The pair has been answered. Returns its number. */
  add({ target, port, position, at, rtt, reply }: AnsweredFirst): number {
    if (this.#next - this.#oldest > this.#mask) this.#grow();
    const number = this.#next++;
    const index = number & this.#mask;
    this.#targets[index] = target;
    this.#ports[index] = port;
    this.#positions[index] = position;
    this.#answeredAt[index] = at;
    this.#rtts[index] = rtt;
    this.#replies[index] = reply;
    this.size++;
    return number;
  }

  /** The number of the oldest if it has waited long enough at `now`; else -1. */
  oldestDue(now: Nanos): number {
    return this.#skipGone() && this.dueAt(this.#oldest) <= now ? this.#oldest : -1;
  }

  /** It leaves. What is known of it stands until the next `add`. */
  remove(number: number): void {
    this.#positions[number & this.#mask] = GONE;
    this.size--;
  }

  target(number: number): number {
    return this.#targets[number & this.#mask] as number;
  }

  port(number: number): number {
    return this.#ports[number & this.#mask] as number;
  }

  position(number: number): number {
    return this.#positions[number & this.#mask] as number;
  }

  rtt(number: number): Nanos {
    return this.#rtts[number & this.#mask] as number;
  }

  reply(number: number): number {
    return this.#replies[number & this.#mask] as number;
  }

  dueAt(number: number): Nanos {
    return (this.#answeredAt[number & this.#mask] as number) + this.#linger;
  }

  /** False when there is none. */
  #skipGone(): boolean {
    while (this.#oldest < this.#next && this.#positions[this.#oldest & this.#mask] === GONE) this.#oldest++;
    return this.#oldest < this.#next;
  }

  /** Doubles; each keeps its number. */
  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const moved = <T extends Float64Array | Int32Array | Uint32Array | Uint16Array>(old: T, larger: T): T => {
      for (let number = this.#oldest; number < this.#next; number++) larger[number & mask] = old[number & this.#mask] as number;
      return larger;
    };
    this.#targets = moved(this.#targets, new Uint32Array(mask + 1));
    this.#ports = moved(this.#ports, new Uint16Array(mask + 1));
    this.#positions = moved(this.#positions, new Float64Array(mask + 1));
    this.#answeredAt = moved(this.#answeredAt, new Float64Array(mask + 1));
    this.#rtts = moved(this.#rtts, new Float64Array(mask + 1));
    this.#replies = moved(this.#replies, new Int32Array(mask + 1));
    this.#mask = mask;
  }
}
