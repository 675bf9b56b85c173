import type { Timing } from '../timing.ts';

const DEFAULT_RETRIES = 2;
/** However lossy the path, a silent port gets no more SYNs than this by default. */
const MAX_ADAPTIVE_SYNS = 12;
/** A run may call one port wrong by bad luck with this probability. */
const ACCEPTED_RISK = 0.01;
/** Fates of SYNs before the loss ratio is believed: so many, or fewer with so many losses among them. */
const MIN_FATES = 50;
const MIN_FATES_WITH_LOSSES = 10;
const MIN_LOSSES = 4;

/**
 * How many SYNs a silent port gets. With `retries` given, exactly that many more than one. By default three, and while answered retries show
 * that the path loses packets, as many as make it unlikely that any open port of the whole run stays silent by bad luck: the smallest n with
 * pairs * loss^n < 1 %.
 */
export class RetryPolicy {
  readonly #fixed: number | null;
  readonly #pairs: number;
  #syns = DEFAULT_RETRIES + 1;
  #loss = 0;

  constructor(timing: Timing, pairs: number) {
    this.#fixed = timing.retries === null ? null : timing.retries + 1;
    this.#pairs = Math.max(1, pairs);
  }

  /** SYNs that a port gets before it is called filtered. */
  get syns(): number {
    return this.#fixed ?? this.#syns;
  }

  /** The most SYNs that `syns` can become. */
  get most(): number {
    return this.#fixed ?? MAX_ADAPTIVE_SYNS;
  }

  learn(lossRatio: number, fatesKnown: number): void {
    const lossy = fatesKnown >= MIN_FATES_WITH_LOSSES && lossRatio * fatesKnown >= MIN_LOSSES;
    if (this.#fixed !== null || (fatesKnown < MIN_FATES && !lossy) || lossRatio === this.#loss) return;
    this.#loss = lossRatio;
    const needed = lossRatio <= 0 ? 0 : Math.ceil(Math.log(ACCEPTED_RISK / this.#pairs) / Math.log(Math.min(lossRatio, 0.99)));
    this.#syns = Math.max(DEFAULT_RETRIES + 1, Math.min(MAX_ADAPTIVE_SYNS, needed));
  }
}
