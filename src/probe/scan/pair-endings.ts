import { Errno } from '../../transport/errno.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { BlockStore } from './block-store.ts';
import { AbsentTargets } from './absent-targets.ts';
import { NeighbourMemory } from './neighbour-memory.ts';
import { Answer, type PairTable } from './pair-table.ts';
import type { RtoTable } from '../rto-table.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import { SessionVerdict } from './session-verdict.ts';
import type { SynSequence } from './syn-sequence.ts';

/** A little less than three requests a second apart (neigh/default/mcast_solicit, retrans_time_ms). */
const ARP_PATIENCE: Nanos = 2900 * NANOS_PER_MS;

/** What an ending reads and gives back. */
export interface EndingParts {
  readonly pairs: PairTable;
  readonly blocks: BlockStore;
  readonly syns: SynSequence;
  readonly rto: RtoTable;
  readonly stats: SessionStats;
}

/** The end of each pair: its verdict is told, and what was kept for it is given back. */
export class PairEndings {
  /** RTTs of each slot, where more than one was asked for. */
  readonly #samples: Map<number, number[]> = new Map();
  readonly neighbours: NeighbourMemory;
  readonly absent: AbsentTargets = new AbsentTargets();
  readonly #plan: SessionPlan;
  readonly #parts: EndingParts;
  readonly #verdict: SessionVerdict;

  constructor(plan: SessionPlan, parts: EndingParts) {
    this.#plan = plan;
    this.#parts = parts;
    this.neighbours = new NeighbourMemory(plan.targets, plan.routes);
    this.#verdict = new SessionVerdict(parts.pairs, parts.blocks, parts.syns, plan.targets);
  }

  /** The pair's last SYN was refused with `errno`, or for 0 all has been tried. */
  finish(slot: number, errno: number): void {
    const { pairs, blocks, stats } = this.#parts;
    const samples = this.#samples.size === 0 ? undefined : this.#samples.get(slot);
    const verdict = this.#verdict.of(slot, errno === 0 ? this.#lateErrno(slot) : errno, samples);
    stats.pairsDone++;
    if (verdict.state === 'open') stats.open++;
    this.#plan.onVerdict(verdict);
    blocks.release(pairs.reply[slot] as number);
    blocks.release(pairs.conflict[slot] as number);
    blocks.release(pairs.rejectedReply[slot] as number);
    if (samples !== undefined) this.#samples.delete(slot);
    pairs.remove(slot);
  }

  /** The pair's one SYN, made with that nonce and sent at `sentAt`, was all that it may have, and nothing came back. */
  finishSilent(target: number, port: number, { nonce, sentAt }: { readonly nonce: number; readonly sentAt: Nanos }): void {
    this.#parts.stats.pairsDone++;
    this.#plan.onVerdict(this.#verdict.silent(target, port, nonce, this.#neighbourErrno(target, sentAt)));
  }

  /** The pair's one SYN was answered by the RST under the handle `reply`, and nothing else came. */
  finishReset(
    target: number,
    port: number,
    answer: { readonly nonce: number; readonly rtt: Nanos; readonly reply: number },
  ): void {
    this.#parts.stats.pairsDone++;
    this.#plan.onVerdict(this.#verdict.reset(target, port, answer));
    this.#parts.blocks.release(answer.reply);
  }

  /** The kernel has no way to the target. */
  finishUnroutable(target: number, port: number, errno: number): void {
    this.#parts.stats.pairsDone++;
    this.#plan.onVerdict(this.#verdict.unroutable(target, port, errno));
  }

  /** Keeps an RTT; returns how many the slot has now. */
  keepSample(slot: number, rtt: Nanos): number {
    const samples = this.#samples.get(slot) ?? [];
    if (rtt >= 0) samples.push(rtt);
    this.#samples.set(slot, samples);
    return samples.length;
  }

  /** The kernel answered the pair's SYN, which left at `sentAt`, itself. A local rule may have refused this port alone; it knows whether the next hop is there. */
  noteLocalFailure(slot: number, sentAt: Nanos, at: Nanos): void {
    this.neighbours.now = at;
    this.#neighbourErrno(this.#parts.pairs.target[slot] as number, sentAt);
  }

  /** True for a target that need not be sent to. Any answer of its own, to a SYN that was under way, shows that it is there after all. */
  isAbsent(target: number): boolean {
    return this.absent.has(target) && this.#parts.rto.srtt(target) === 0;
  }

  /** True for an unanswered pair of a target that is absent, or that must be since the pair's first SYN is so old: more of them would only wait in their turn. */
  isStranded(slot: number): boolean {
    const { pairs } = this.#parts;
    return (
      (this.isAbsent(pairs.target[slot] as number) || this.neighbours.now - pairs.stampOf(slot, 0) >= ARP_PATIENCE) &&
      this.#lateErrno(slot) !== 0
    );
  }

  /** A SYN that the kernel took may still wait for a neighbour that is not there: it never left, and silence says nothing about the target. */
  #lateErrno(slot: number): number {
    const { pairs } = this.#parts;
    return pairs.answer[slot] === Answer.none ? this.#neighbourErrno(pairs.target[slot] as number, pairs.stampOf(slot, 0)) : 0;
  }

  /**
   * EHOSTUNREACH where the next hop to a target of which nothing was heard has no address, though a SYN went there at `since`; else 0. When the kernel must have asked
   * for it three times since then, the target is absent.
   */
  #neighbourErrno(target: number, since: Nanos): number {
    const { now } = this.neighbours;
    if (this.#parts.rto.srtt(target) !== 0) return 0;
    // The kernel forgets an address that it did not find; or somebody has it by now, but that SYN is lost all the same.
    if (!this.neighbours.isUnresolved(target)) return this.absent.swallowed(target, since) ? Errno.EHOSTUNREACH : 0;
    if (now - since >= ARP_PATIENCE) this.absent.note(target, now);
    return Errno.EHOSTUNREACH;
  }
}
