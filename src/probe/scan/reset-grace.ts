import type { Nanos } from '../../wire/numbers.ts';

const INITIAL_CAPACITY = 1024;
const GONE = -1;

/** The RST that decides a pair which had one SYN. */
export interface FirstReset {
  /** Handle in the BlockStore. */
  readonly reply: number;
  readonly rtt: Nanos;
}

/** A pair whose first SYN was answered by an RST at `at`. */
export interface AnsweredFirst extends FirstReset {
  readonly target: number;
  readonly port: number;
  /** Position in the run's order. */
  readonly position: number;
  readonly at: Nanos;
}

/**
 * Pairs whose first SYN drew an RST and nothing else so far, in the order of the RSTs. Each waits equally
 * long for an answer that contradicts its RST: 38 bytes here. Its number is good until it leaves.
 */
export class ResetGrace {
  /** Pairs that wait. */
  size = 0;
  readonly #grace: Nanos;
  #mask = INITIAL_CAPACITY - 1;
  /** Numbers of the oldest pair that may be here, and of the next one. They only grow. */
  #oldest = 0;
  #next = 0;
  #positions: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #targets: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  #ports: Uint16Array = new Uint16Array(INITIAL_CAPACITY);
  #answeredAt: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #rtts: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #replies: Int32Array = new Int32Array(INITIAL_CAPACITY);

  /** `grace`: how long each pair waits. */
  constructor(grace: Nanos) {
    this.#grace = grace;
  }

  /** When the oldest pair has waited long enough; Infinity when there is none. */
  get nextDue(): Nanos {
    return this.#skipGone() ? this.dueAt(this.#oldest) : Infinity;
  }

  /** Adds a pair; returns its number. */
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

  /** The number of the oldest pair if it has waited long enough at `now`, else -1. */
  oldestDue(now: Nanos): number {
    return this.#skipGone() && this.dueAt(this.#oldest) <= now ? this.#oldest : -1;
  }

  /** The pair leaves. Its columns stay readable until the next `add`. */
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
    return (this.#answeredAt[number & this.#mask] as number) + this.#grace;
  }

  /** Skips pairs that left early; false when none is left. */
  #skipGone(): boolean {
    while (this.#oldest < this.#next && this.#positions[this.#oldest & this.#mask] === GONE) this.#oldest++;
    return this.#oldest < this.#next;
  }

  /** Doubles the arrays; each pair keeps its number. */
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
