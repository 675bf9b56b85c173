import type { Nanos } from '../../wire/numbers.ts';
import type { ActivePairs } from './active-pairs.ts';
import type { BlockStore } from './block-store.ts';
import type { FirstPair } from './first-transmissions.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import { SessionVerdict } from './session-verdict.ts';
import type { PairSyns } from './syn-sequence.ts';
import type { SynWriter } from './syn-writer.ts';

/** What an ending reads and frees. */
export interface EndingParts {
  readonly pairs: ActivePairs;
  readonly blocks: BlockStore;
  readonly writer: SynWriter;
  readonly stats: SessionStats;
}

/** The end of each pair: tells its verdict and frees what was kept for it. */
export class PairEndings {
  /** RTTs of each slot, where more than one was asked for. */
  readonly #samples: Map<number, number[]> = new Map();
  readonly #plan: SessionPlan;
  readonly #parts: EndingParts;
  readonly #verdict: SessionVerdict;

  constructor(plan: SessionPlan, parts: EndingParts) {
    const { pairs, blocks, writer } = parts;
    this.#plan = plan;
    this.#parts = parts;
    this.#verdict = new SessionVerdict({ targets: plan.targets, pairs: pairs.table, blocks, writer });
  }

  /** Ends a pair of the table. `errno`: why its last SYN did not leave this host; 0 if it did. */
  finish(slot: number, errno: number): void {
    const { pairs, blocks } = this.#parts;
    const { reply, conflict, rejectedReply } = pairs.table;
    const samples = this.#samples.size === 0 ? undefined : this.#samples.get(slot);
    this.#tell(this.#verdict.of(slot, errno, samples));
    blocks.release(reply[slot] as number);
    blocks.release(conflict[slot] as number);
    blocks.release(rejectedReply[slot] as number);
    if (samples !== undefined) this.#samples.delete(slot);
    pairs.remove(slot);
  }

  /**
   * Ends a pair of the fast tier without an answer, or one without a route. `errno`: why its SYN did not
   * leave this host; 0 if it did.
   */
  finishSilent(pair: PairSyns, errno: number): void {
    this.#tell(this.#verdict.silent(pair, errno));
  }

  /** Ends a pair of the fast tier that an RST decides. */
  finishReset(pair: FirstPair): void {
    this.#tell(this.#verdict.reset(pair, pair));
    this.#parts.blocks.release(pair.reply);
  }

  /** Keeps an RTT; returns how many the slot has now. */
  keepSample(slot: number, rtt: Nanos): number {
    const samples = this.#samples.get(slot) ?? [];
    if (rtt >= 0) samples.push(rtt);
    this.#samples.set(slot, samples);
    return samples.length;
  }

  #tell(verdict: SessionVerdict): void {
    const { stats } = this.#parts;
    stats.pairsDone++;
    if (verdict.state === 'open') stats.open++;
    this.#plan.onVerdict(verdict);
  }
}
