import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';

const INITIAL_WINDOW = 128;
const MIN_WINDOW = 16;
const MAX_WINDOW = 32_768;
/** The same when the user gives a rate, which then is the limit. */
const MAX_NAMED_WINDOW = 2 ** 22;
/** Silence is no signal: on it alone the window opens this far and no further. */
const MAX_SILENT_WINDOW = 4096;
/** What a silent SYN adds to the window when others have been answered. */
const SILENT_GROWTH = 1 / 8;
const EPOCHS = 8;
const MIN_EPOCH: Nanos = 50 * NANOS_PER_MS;
const MIN_EPOCH_SENT = 64;
/** Fewer lost SYNs than this say nothing about the rate. */
const MIN_LOSSES = 4;
/** Loss below this share is noise. */
const TOLERATED_LOSS = 0.02;
/** When this share of the loss stays after slowing down, the rate is not its cause. */
const UNCHANGED = 0.7;
/** Loss alone never makes the rate lower than this, in SYNs a second. */
const MIN_RATE = 20;
/** A limited rate grows by this share after one epoch without loss, by twice that after two, and so on. */
const GROWTH = 0.1;
const MAX_GROWTH = 1;

interface Epoch {
  start: Nanos;
  end: Nanos;
  sent: number;
  answered: number;
  lost: number;
}

interface Trial {
  readonly loss: number;
  readonly window: number;
  /** SYNs sent and answers received, a second. */
  readonly sent: number;
  readonly answered: number;
}

/**
 * How fast probes may leave: a congestion window in probes in flight, with slow start and AIMD (RFC 5681),
 * and a rate in SYNs a second. An answered retry is the only sign of loss; it counts for the epoch in which
 * the SYN before it was sent. After an epoch with too much loss, the rate becomes what the path delivered,
 * which finds a policer. When a slower epoch loses the same share and brings fewer answers, the link is bad
 * whatever the rate, and full speed returns.
 */
export class Pacer {
  readonly #cap: number;
  readonly #ignoreLoss: boolean;
  readonly #maxWindow: number;
  #window: number;
  #threshold = Infinity;
  #rate: number;
  #tokens = 0;
  #refilled: Nanos = 0;
  #answers = 0;
  /** Ring of the latest epochs; the one at `#current` is being filled. */
  readonly #epochs: Epoch[] = Array.from({ length: EPOCHS }, () => ({ start: 0, end: 0, sent: 0, answered: 0, lost: 0 }));
  #current = 0;
  #judged = 0;
  /** Share of SYNs lost whatever the rate. */
  #baseline = 0;
  /** The epoch that led to the last slow-down, until that one is judged. */
  #trial: Trial | null = null;
  /** The share by which the rate grew after the last epoch. */
  #growth = 0;
  #lostTotal = 0;
  #sentOfAnswered = 0;

  /**
   * `rate`: packets a second that the user allows, which is tried first; Infinity: no limit, and losses are
   * ignored; null: begin slowly and find out. `maxInFlight`: the user's limit, or null.
   */
  constructor(rate: number | null, maxInFlight: number | null) {
    this.#cap = rate ?? Infinity;
    this.#rate = this.#cap;
    this.#ignoreLoss = rate === Infinity;
    this.#maxWindow = maxInFlight ?? (rate === null ? MAX_WINDOW : MAX_NAMED_WINDOW);
    this.#window = rate === null ? Math.min(INITIAL_WINDOW, this.#maxWindow) : this.#maxWindow;
    (this.#epochs[0] as Epoch).end = Infinity;
  }

  /** Probes that may be in flight. */
  get window(): number {
    return Math.floor(this.#window);
  }

  /** Share of SYNs that the path lost, by the answered retries so far. */
  get lossRatio(): number {
    return this.#sentOfAnswered === 0 ? 0 : this.#lostTotal / this.#sentOfAnswered;
  }

  /** SYNs known to be answered or lost, which `lossRatio` rests on. */
  get fatesKnown(): number {
    return this.#sentOfAnswered;
  }

  /** How many packets may leave now. */
  allowance(now: Nanos): number {
    if (this.#rate === Infinity) return Infinity;
    const burst = Math.max(1, this.#rate * 0.002);
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#refilled) / NANOS_PER_SECOND) * this.#rate);
    this.#refilled = now;
    return Math.floor(this.#tokens + 1e-9);
  }

  /** When the next packet may leave, if the allowance is used up. */
  nextAllowance(now: Nanos): Nanos {
    if (this.#rate === Infinity) return now;
    return now + ((1 - Math.min(1, this.#tokens)) / this.#rate) * NANOS_PER_SECOND;
  }

  /** `count` packets leave at `now`. */
  onSent(now: Nanos, count: number): void {
    if (this.#ignoreLoss) return;
    if (this.#rate !== Infinity) this.#tokens -= count;
    let epoch = this.#epochs[this.#current] as Epoch;
    if (epoch.sent >= Math.max(MIN_EPOCH_SENT, this.#window) && now - epoch.start >= MIN_EPOCH) epoch = this.#open(now);
    epoch.sent += count;
  }

  /** A SYN sent at `sentAt` was answered; `lost` before it, the last at `previousSentAt`, were not. */
  onAnswer(sentAt: Nanos, lost: number, previousSentAt: Nanos): void {
    this.#answers++;
    this.#sentOfAnswered += lost + 1;
    this.#lostTotal += lost;
    const epoch = this.#epochOf(sentAt);
    if (epoch !== null) epoch.answered++;
    const lossy = lost > 0 ? this.#epochOf(previousSentAt) : null;
    if (lossy !== null) lossy.lost++;
    const growth = this.#window < this.#threshold ? 1 : 1 / this.#window;
    this.#window = Math.min(this.#maxWindow, this.#window + growth);
  }

  /** Nothing came back in time: no sign of congestion, since filters are silent, nor of free capacity. */
  onSilence(): void {
    if (this.#window >= Math.min(this.#maxWindow, MAX_SILENT_WINDOW) || this.lossRatio > TOLERATED_LOSS) return;
    this.#window += this.#answers === 0 ? 1 : SILENT_GROWTH;
  }

  /** The kernel's queue was full. */
  onLocalCongestion(): void {
    if (this.#ignoreLoss) return;
    this.#window = Math.max(MIN_WINDOW, this.#window * 0.9);
  }

  /** Judges epochs whose losses are known at `now`. `horizon`: time-out and RTT of an answered retry. */
  review(now: Nanos, horizon: Nanos): void {
    if (this.#ignoreLoss) return;
    while (this.#judged !== this.#current) {
      const epoch = this.#epochs[this.#judged] as Epoch;
      if (now - epoch.end < horizon) return;
      this.#judged = (this.#judged + 1) % EPOCHS;
      this.#judge(epoch, now);
    }
  }

  #judge(epoch: Epoch, now: Nanos): void {
    const loss = epoch.lost / Math.max(1, epoch.answered + epoch.lost);
    if (epoch.lost < MIN_LOSSES || loss <= this.#baseline * 1.5 + TOLERATED_LOSS) {
      this.#trial = null;
      // What limited the rate may have passed: the longer all goes well, the bolder.
      this.#growth = Math.min(MAX_GROWTH, this.#growth + GROWTH);
      this.#rate = Math.min(this.#cap, this.#rate * (1 + this.#growth));
      return;
    }
    this.#growth = 0;
    const seconds = Math.max(MIN_EPOCH, epoch.end - epoch.start) / NANOS_PER_SECOND;
    const seen = { loss, window: this.#window, sent: epoch.sent / seconds, answered: epoch.answered / seconds };
    if (this.#trial === null || loss <= this.#trial.loss * UNCHANGED) this.#slowDown(seen, (1 - loss) * seen.sent * 0.85, now);
    else if (isPoliced(this.#trial, seen)) this.#slowDown(seen, seen.answered, now);
    else {
      // The link is bad whatever the rate.
      this.#baseline = Math.max(this.#baseline, loss);
      this.#rate = this.#cap;
      this.#window = Math.max(this.#window, this.#trial.window);
      this.#threshold = Infinity;
      this.#trial = null;
    }
  }

  #slowDown(seen: Trial, rate: number, now: Nanos): void {
    this.#trial = seen;
    this.#rate = Math.min(this.#cap, Math.max(MIN_RATE, rate));
    this.#threshold = Math.max(MIN_WINDOW, this.#window / 2);
    this.#window = this.#threshold;
    this.#open(now);
    // What was sent at the old speed says nothing about the new one.
    this.#judged = this.#current;
  }

  #open(now: Nanos): Epoch {
    (this.#epochs[this.#current] as Epoch).end = now;
    this.#current = (this.#current + 1) % EPOCHS;
    if (this.#current === this.#judged) this.#judged = (this.#judged + 1) % EPOCHS;
    const epoch = { start: now, end: Infinity, sent: 0, answered: 0, lost: 0 };
    this.#epochs[this.#current] = epoch;
    return epoch;
  }

  #epochOf(at: Nanos): Epoch | null {
    // Nearly always: an answer comes within the epoch of its SYN.
    const current = this.#epochs[this.#current] as Epoch;
    if (at >= current.start) return current;
    for (const epoch of this.#epochs) if (epoch.start <= at && at < epoch.end) return epoch;
    return null;
  }
}

/** True when fewer SYNs brought nearly as many answers; over a bad link they are fewer in proportion. */
function isPoliced(before: Trial, now: Trial): boolean {
  return now.answered / before.answered > (1 + now.sent / before.sent) / 2;
}
