import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { NEIGHBOUR_FAILURE } from '../rto-table.ts';
import { type ProbesPerHop, HopState } from './hop-state.ts';
import type { PathAnswer, PathProbe, TraceResult } from './path-probe.ts';
import { readAnswer } from './path-reply.ts';
import type { FlowSyns } from './flow-syns.ts';
import { TracePace } from './trace-pace.ts';

/** What is the same for all traces of a run. */
export interface TraceLimits {
  readonly isLocal: (address: Address) => boolean;
  readonly firstTtl: number;
  readonly maxTtl: number;
  readonly probesPerHop: ProbesPerHop;
  /** Time-out while no round trip is known. */
  readonly timeoutMs: number;
}

/** What a trace needs. */
export interface TracePlan extends TraceLimits {
  readonly syns: FlowSyns;
  /** True without another source port to try: an older connection does not end the trace then. */
  readonly isLastAttempt: boolean;
  readonly payloadLength: number;
  /** Whether the target may be down, which the last router learns late. */
  readonly mayBeDown: () => boolean;
}

/** Silent TTLs after the last answering one that are probed more than once. */
const RETRIED_BEYOND = 4;

/** `draining`: an answer cannot be placed, so probes in flight are waited for. `serial`: one at a time. */
type Mode = 'parallel' | 'draining' | 'serial';

/**
 * SYNs of growing TTL on one flow, and their answers, without I/O. TTLs are probed side by side while answers
 * name their probe (IP ID in a quote, TSecr in a SYN-ACK). After one that does not (a reset, timestamps
 * stripped, an IP ID rewritten) it goes on one probe at a time, so that each answer has one cause.
 */
export class PathTrace {
  /** True once an older connection of the tuple answered, which makes every result meaningless. */
  stale = false;
  rejected = 0;
  final: PathAnswer | null = null;
  readonly syns: FlowSyns;
  readonly #plan: TracePlan;
  readonly #hops: HopState[] = [];
  readonly #pace: TracePace;
  #mode: Mode = 'parallel';
  #nextTtl: number;
  /** No TTL above is probed. */
  #lastTtl: number;
  #errno = 0;
  /** Answers of this flow that named no probe. */
  #unplaced = 0;
  #done = false;

  constructor(plan: TracePlan) {
    this.#plan = plan;
    this.syns = plan.syns;
    this.#nextTtl = plan.firstTtl;
    this.#lastTtl = plan.maxTtl;
    this.#pace = new TracePace(plan.timeoutMs * NANOS_PER_MS, plan.probesPerHop.attempts);
  }

  /** True once nothing is to be sent or waited for. */
  get finished(): boolean {
    return this.#done || this.stale;
  }

  /** The hops that matter, the last of them the one that ended the path. */
  get result(): Pick<TraceResult, 'hops' | 'final' | 'errno' | 'rejected'> {
    const hops = this.#hops.filter(({ ttl }) => ttl <= this.#lastTtl).map((hop) => hop.result);
    return { hops, final: this.final, errno: this.#errno, rejected: this.rejected };
  }

  /** Unanswered probes that are still waited for. */
  get inFlight(): number {
    return this.#hops.filter(({ phase }) => phase === 'waiting').length;
  }

  /** Posts at most `room` probes at `now`; returns when to call again, Infinity when there is no need. */
  poll(now: Nanos, room: number): Nanos {
    if (this.finished) return Infinity;
    this.#noteRefusals();
    for (const hop of this.#hops) if (hop.expire(now)) this.#pace.onFate();
    if (this.#mode !== 'draining') this.#retry();
    if (this.#mode === 'draining' && this.inFlight === 0) this.#goSerial();
    if (this.#mode !== 'draining') this.#launch(now, room);
    return this.finished ? Infinity : this.#nextDue();
  }

  #launch(now: Nanos, room: number): void {
    const window = this.#mode === 'serial' ? 1 : this.#pace.window;
    for (let free = Math.min(room, window - this.inFlight); free > 0 && this.#hasMore; free--) {
      const hop = this.#nextHop();
      hop.sent(this.syns.post(hop.ttl), now + this.#pace.timeout(hop.attempts));
    }
    if (this.inFlight === 0 && !this.#hasMore) this.#done = now >= this.#arpUntil;
  }

  /** When the last answering router will have reported a failed ARP lookup; -Infinity without a wait. */
  get #arpUntil(): Nanos {
    const farthest = this.#hops.findLastIndex(({ answers }) => answers.length > 0);
    const first = this.#hops[farthest + 1]?.probes[0]?.posted.sentAt ?? null;
    if (farthest < 0 || first === null || this.final !== null || !this.#plan.mayBeDown()) return -Infinity;
    return first + NEIGHBOUR_FAILURE * this.#plan.timeoutMs * NANOS_PER_MS;
  }

  /** Probes a silent TTL again only near one that answered: behind a filter all of them are silent. */
  #retry(): void {
    const farthest = this.#hops.findLast(({ answers }) => answers.length > 0)?.ttl ?? this.#plan.firstTtl - 1;
    const horizon = Math.min(this.#lastTtl, farthest + RETRIED_BEYOND);
    for (const hop of this.#hops) if (hop.ttl <= horizon) hop.retry(this.#plan.probesPerHop);
  }

  #nextDue(): Nanos {
    if (this.inFlight === 0) return this.#hasMore ? Infinity : this.#arpUntil;
    return Math.min(...this.#hops.filter(({ phase }) => phase === 'waiting').map(({ dueAt }) => dueAt));
  }

  /** Takes a captured packet, which is kept; false when it does not belong to this flow. */
  receive(packet: DecodedPacket, at: Nanos): boolean {
    const probes = this.#hops.flatMap((hop) => hop.probes);
    const { payloadLength, isLocal } = this.#plan;
    const { flow, isn } = this.syns;
    const read = readAnswer(packet, { flow, isn, payloadLength, probes, isLocal });
    if (read.is === 'answer') {
      const { kind, probe, from, reason } = read;
      this.#place(probe, { kind, from, reason, packet, at });
    } else if (read.is === 'stale' && !this.#plan.isLastAttempt) this.stale = true;
    else if (read.is !== 'foreign') this.rejected++;
    return read.is !== 'foreign';
  }

  #place(named: PathProbe | null, answer: Omit<PathAnswer, 'probe'>): void {
    const probe = named ?? this.#onlyOneOut();
    if (probe === null) return this.#drain(answer);
    const hop = this.#hops.find((one) => one.ttl === probe.ttl);
    if (hop === undefined || !hop.answered({ ...answer, probe }, this.#plan.probesPerHop)) return;
    // A router needs seconds to find a host unreachable: that is not the path's delay.
    if (answer.kind !== 'refused') this.#pace.onAnswer(answer.at - (probe.posted.sentAt ?? answer.at));
    this.#hurry(answer.at);
    if (answer.kind !== 'expired') this.#onFinal({ ...answer, probe });
  }

  /** The target's answer outranks a router's; of two alike, the lower TTL shows where the path ends. */
  #onFinal(answer: PathAnswer): void {
    if (this.final !== null && !isBetter(answer, this.final)) return;
    this.final = answer;
    this.#lastTtl = answer.probe.ttl;
    // Probes beyond the end are not waited for.
    for (const hop of this.#hops) if (hop.ttl > this.#lastTtl) hop.phase = 'settled';
  }

  /** Shortens the time-outs of probes that left before any round trip was known. */
  #hurry(now: Nanos): void {
    for (const hop of this.#hops) hop.dueAt = Math.min(hop.dueAt, now + this.#pace.timeout(hop.attempts - 1));
  }

  #onlyOneOut(): PathProbe | null {
    if (this.#mode !== 'serial') return null;
    const waiting = this.#hops.filter(({ phase }) => phase === 'waiting');
    return waiting.length === 1 ? (waiting[0]?.probes.at(-1) ?? null) : null;
  }

  /** Stops sending until no probe is in flight. An answer of the target bounds the path. */
  #drain(answer: Omit<PathAnswer, 'probe'>): void {
    if (this.#mode === 'serial') return;
    if (this.#mode === 'parallel') {
      this.#mode = 'draining';
      // No round trip is longer than the time since the first probe left.
      const first = this.#hops[0]?.probes[0]?.posted.sentAt;
      this.#pace.onAnswer(answer.at - (first ?? answer.at));
    }
    if (answer.kind === 'tcp') this.#lastTtl = Math.min(this.#lastTtl, this.#nextTtl - 1);
    const isAll = ++this.#unplaced >= this.inFlight;
    const until = answer.at + (isAll ? this.#pace.settling : this.#pace.timeout(0));
    for (const hop of this.#hops) hop.dueAt = Math.min(hop.dueAt, until);
  }

  #goSerial(): void {
    this.#mode = 'serial';
    for (const hop of this.#hops) if (hop.ttl <= this.#lastTtl) hop.reopen();
  }

  get #hasMore(): boolean {
    return this.#nextTtl <= this.#lastTtl || this.#hops.some(({ phase, ttl }) => phase === 'queued' && ttl <= this.#lastTtl);
  }

  #nextHop(): HopState {
    const queued = this.#hops.find(({ phase, ttl }) => phase === 'queued' && ttl <= this.#lastTtl);
    if (queued !== undefined) return queued;
    const hop = new HopState(this.#nextTtl++);
    this.#hops.push(hop);
    return hop;
  }

  /** A packet that this host refuses says nothing about the path, and the next would be refused too. */
  #noteRefusals(): void {
    for (const { probes } of this.#hops) {
      const errno = probes.at(-1)?.posted.errno ?? 0;
      if (errno === 0) continue;
      this.#errno = errno;
      this.#done = true;
    }
  }
}

function isBetter(answer: PathAnswer, before: PathAnswer): boolean {
  const isTargets = answer.kind === 'tcp';
  return isTargets === (before.kind === 'tcp') ? answer.probe.ttl < before.probe.ttl : isTargets;
}
