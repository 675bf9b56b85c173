import type { Nanos } from '../../wire/numbers.ts';
import type { FirstRound } from './first-round.ts';
import { LingeringResets } from './lingering-resets.ts';
import type { Pacer } from './pacer.ts';
import type { PairEndings } from './pair-endings.ts';
import { Answer, type PairTable, Phase } from './pair-table.ts';
import { LINGER_CLOSED, type Patience } from './patience.ts';
import type { ReplyReader } from './reply-reader.ts';
import type { RtoTable } from '../rto-table.ts';
import type { SessionStats } from './session-plan.ts';

/** What an RST in answer to a first SYN tells, and who ends its pair. */
export interface FirstResetParts {
  readonly first: FirstRound;
  readonly pairs: PairTable;
  readonly patience: Patience;
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
  readonly #lingering: LingeringResets = new LingeringResets(LINGER_CLOSED);
  /** One for all pairs that come, and one for all that end: nothing is allocated for a pair. */
  readonly #answered = { target: 0, port: 0, position: 0, at: 0, rtt: 0, reply: 0 };
  readonly #answer = { nonce: 0, rtt: 0, reply: 0 };

  constructor(parts: FirstResetParts) {
    this.#parts = parts;
  }

  /** Pairs that wait for an answer that contradicts the first. */
  get waiting(): number {
    return this.#lingering.size;
  }

  /** When the next of them has waited long enough; Infinity when there is none. */
  get nextDue(): Nanos {
    return this.#lingering.nextDue;
  }

  /** Takes the RST that the reader holds, heard at `at`; false when its pair must wait longer than those here do: then it is in the table. */
  take(reader: ReplyReader, at: Nanos): boolean {
    const { first, patience, pacer, rto, stats } = this.#parts;
    const { ring, target, port } = first;
    const { place } = reader;
    const sentAt = ring.sentAt(place);
    const rtt = at - sentAt;
    if (!patience.lingersShortly(target, rtt)) {
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
    ring.linger(place, this.#lingering.nextNumber);
    this.#lingering.add(answered);
    return true;
  }

  /** Ends those that have waited long enough at `now`, until `done` pairs of the session have their verdict. */
  end(now: Nanos, done: number): void {
    const { first, endings, stats } = this.#parts;
    const { ring } = first;
    const lingering = this.#lingering;
    const answer = this.#answer;
    for (let number = -1; stats.pairsDone < done && (number = lingering.takeDue(now)) >= 0;) {
      const place = ring.keptPlaceOf(lingering.position(number));
      answer.nonce = ring.nonce(place);
      answer.rtt = lingering.rtt(number);
      answer.reply = lingering.reply(number);
      ring.take(place);
      endings.finishReset(lingering.target(number), lingering.port(number), answer);
    }
  }

  /** Writes what is known of the pair with that number, which leaves, into its slot of the table; returns until when it was to wait. */
  restore(slot: number, number: number): Nanos {
    const { pairs } = this.#parts;
    const lingering = this.#lingering;
    pairs.phase[slot] = Phase.answered;
    pairs.answer[slot] = Answer.rst;
    pairs.answeredBy[slot] = 1;
    pairs.reply[slot] = lingering.reply(number);
    pairs.rtt[slot] = lingering.rtt(number);
    lingering.remove(number);
    return lingering.dueAt(number);
  }
}
