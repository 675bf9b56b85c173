import type { Nanos } from '../../wire/numbers.ts';
import type { FirstTransmissions } from './first-transmissions.ts';
import { ResetGrace } from './reset-grace.ts';
import type { Pacer } from './pacer.ts';
import type { PairEndings } from './pair-endings.ts';
import { Answer, type PairTable, Phase } from './pair-table.ts';
import { LINGER_CLOSED, type RetransmitPolicy } from './retransmit-policy.ts';
import type { ReplyReader } from './reply-reader.ts';
import type { RtoTable } from '../rto-table.ts';
import type { SessionStats } from './session-plan.ts';

/** What an RST in answer to a first SYN tells, and who ends its pair. */
export interface FirstResetParts {
  readonly first: FirstTransmissions;
  readonly pairs: PairTable;
  readonly retransmitPolicy: RetransmitPolicy;
  readonly endings: PairEndings;
  readonly pacer: Pacer;
  readonly rto: RtoTable;
  readonly stats: SessionStats;
}

/**
 * Pairs of the first round of which an RST to their first SYN is all that was heard: most of what a scan of a host hears. They stay where they are, and get their
 * verdict from there. Any other packet for such a pair moves it to the table, as for every pair.
 */
export class FirstResets {
  readonly #parts: FirstResetParts;
  readonly #grace: ResetGrace = new ResetGrace(LINGER_CLOSED);
  /** One for all pairs that come, and one for all that end: nothing is allocated for a pair. */
  readonly #answered = { target: 0, port: 0, position: 0, at: 0, rtt: 0, reply: 0 };
  readonly #answer = { nonce: 0, rtt: 0, reply: 0 };

  constructor(parts: FirstResetParts) {
    this.#parts = parts;
  }

  /** Pairs that wait for an answer that contradicts the first. */
  get waiting(): number {
    return this.#grace.size;
  }

  /** When the next of them has waited long enough; Infinity when there is none. */
  get nextDue(): Nanos {
    return this.#grace.nextDue;
  }

  /** Takes the RST that the reader holds, heard at `at`; false when its pair must wait longer than those here do: then it is in the table. */
  take(reader: ReplyReader, at: Nanos): boolean {
    const { first, retransmitPolicy, pacer, rto, stats } = this.#parts;
    const { ring, target, port } = first;
    const { place } = reader;
    const sentAt = ring.sentAt(place);
    const rtt = at - sentAt;
    if (!retransmitPolicy.lingersShortly(target, rtt)) {
      reader.enter();
      return false;
    }
    stats.repliesReceived++;
    pacer.onAnswer(sentAt, 0, sentAt);
    if (rtt >= 0) rto.sample(target, rtt);
    const answered = this.#answered;
    answered.target = target;
    answered.port = port;
    answered.position = ring.positionOf(place);
    answered.at = at;
    answered.rtt = rtt;
    answered.reply = reader.keep();
    ring.linger(place, this.#grace.nextNumber);
    this.#grace.add(answered);
    return true;
  }

  /** Ends those that have waited long enough at `now`, until `done` pairs of the session have their verdict. */
  end(now: Nanos, done: number): void {
    const { first, endings, stats } = this.#parts;
    const { ring } = first;
    const grace = this.#grace;
    const answer = this.#answer;
    for (let number = -1; stats.pairsDone < done && (number = grace.takeDue(now)) >= 0;) {
      const place = ring.keptPlaceOf(grace.position(number));
      answer.nonce = ring.nonce(place);
      answer.rtt = grace.rtt(number);
      answer.reply = grace.reply(number);
      ring.take(place);
      endings.finishReset(grace.target(number), grace.port(number), answer);
    }
  }

  /** Writes what is known of the pair with that number, which leaves, into its slot of the table; returns until when it was to wait. */
  restore(slot: number, number: number): Nanos {
    const { pairs } = this.#parts;
    const grace = this.#grace;
    pairs.phase[slot] = Phase.answered;
    pairs.answer[slot] = Answer.rst;
    pairs.answeredBy[slot] = 1;
    pairs.reply[slot] = grace.reply(number);
    pairs.rtt[slot] = grace.rtt(number);
    grace.remove(number);
    return grace.dueAt(number);
  }
}
