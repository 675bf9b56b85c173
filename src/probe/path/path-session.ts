import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { ProbeCookie } from '../craft/cookie.ts';
import type { DrivenSession } from '../session/driven-session.ts';
import { TransmitQueue } from '../session/transmit-queue.ts';
import { ControlFlow } from './control-flow.ts';
import { FlowSyns } from './flow-syns.ts';
import type { TraceResult } from './path-probe.ts';
import { PathTrace, type TraceLimits } from './path-trace.ts';

/** One path to trace. */
export interface TraceJob {
  readonly source: Address;
  readonly target: Address;
  readonly port: number;
  /** Used in turn when an older connection holds the tuple. */
  readonly sourcePorts: readonly number[];
  /** The SYN with that TTL. */
  readonly craft: (ttl: number) => SynTemplate;
  /** A plain SYN that no device should object to. */
  readonly craftControl: (ttl: number) => SynTemplate;
  readonly payloadLength: number;
  /** Whether a silent trace waits the three seconds until its last router reports a failed ARP lookup. */
  readonly awaitsArp: boolean;
}

/** Everything a path session needs to know before its first packet. */
export interface PathPlan extends TraceLimits {
  readonly jobs: readonly TraceJob[];
  /** For the control flows; reserved by the caller, not one of the jobs'. */
  readonly controlPort: number;
  /** True while the next hop towards `target` has not answered ARP (`Routes.isUnresolved`). */
  readonly isUnresolved: (target: Address) => boolean;
  /** Four words from the operating system's random source. */
  readonly key: Uint32Array;
  /** Takes each result as soon as it is final; returns the paths to trace next. */
  readonly onResult: (result: TraceResult, job: TraceJob) => readonly TraceJob[];
}

/** Traces at once, and their probes in flight. */
const MOST_TRACES = 16;
const MOST_IN_FLIGHT = 128;
/** Restarts after an older connection was met, if need be on its port: the kernel has reset it by then. */
const LEAST_ATTEMPTS = 2;
/** Keeps the TSvals of a restarted trace apart from those before. */
const PROBES_PER_ATTEMPT = 4096;
/** The control port is one of the last ports, which are rarely in use. */
const CONTROL_PORTS = 4096;

interface Running {
  readonly job: TraceJob;
  /** Index into its source ports. */
  readonly attempt: number;
  readonly trace: PathTrace;
  control: ControlFlow | null;
  /** Control flows so far. */
  controls: number;
}

/** Traces paths to (target, port) pairs side by side, without I/O. */
export class PathSession implements DrivenSession {
  readonly #plan: PathPlan;
  readonly #transmitQueue = new TransmitQueue();
  readonly #cookie: ProbeCookie;
  readonly #waiting: TraceJob[];
  #running: Running[] = [];
  /** Targets that answered from their own address. */
  readonly #alive = new Set<Address>();
  #stopped = false;
  #sent = 0;
  #received = 0;
  #rejected = 0;

  constructor(plan: PathPlan) {
    this.#plan = plan;
    this.#cookie = new ProbeCookie(plan.key);
    this.#waiting = [...plan.jobs];
  }

  get finished(): boolean {
    return this.#stopped || (this.#running.length === 0 && this.#waiting.length === 0);
  }

  /** Running totals. */
  get stats(): { readonly probesSent: number; readonly repliesReceived: number; readonly repliesRejected: number } {
    return { probesSent: this.#sent, repliesReceived: this.#received, repliesRejected: this.#rejected };
  }

  /** Adds a path; the session is then not finished. */
  add(job: TraceJob): void {
    this.#waiting.push(job);
  }

  poll(now: Nanos, batch: SendBatch): Nanos {
    batch.count = 0;
    if (this.finished) return Infinity;
    const next = this.#advanceAll(now);
    if (this.finished) return Infinity;
    return Math.min(next, this.#transmitQueue.fill(now, batch));
  }

  flushed(now: Nanos, batch: SendBatch): Nanos {
    for (let slot = 0; slot < batch.count; slot++) if (batch.errors[slot] === 0) this.#sent++;
    const next = this.#transmitQueue.flushed(now, batch);
    const isRefused = batch.errors.subarray(0, batch.count).some((errno) => errno !== 0);
    return isRefused ? Math.min(next, now) : next;
  }

  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    if (this.#stopped || this.#transmitQueue.stamp(bytes, offset, length, at)) return;
    const decoded = decodePacket(bytes.slice(offset, offset + length));
    if (decoded.ok) this.#dispatch(decoded.value, at);
  }

  /** A lost answer is probed for again anyway. */
  noteDrops(): void {
    return undefined;
  }

  stop(): void {
    if (this.#stopped) return;
    for (const running of this.#running) this.#report(running, true);
    this.#running = [];
    this.#stopped = true;
  }

  /** The source ports are not guarded: the kernel resets what is half open. */
  drainOnClose(batch: SendBatch): void {
    batch.count = 0;
  }

  /** A trace that ends makes room for another, which starts at once. */
  #advanceAll(now: Nanos): Nanos {
    for (;;) {
      while (this.#running.length < MOST_TRACES && this.#waiting.length > 0) this.#start(this.#waiting.shift() as TraceJob, 0);
      const running = [...this.#running];
      const next = Math.min(...running.map((one) => this.#advance(one, now)));
      if (running.every((one) => this.#running.includes(one))) return next;
    }
  }

  #start(job: TraceJob, attempt: number): void {
    const { source, target, port, sourcePorts, payloadLength, craft } = job;
    const sourcePort = sourcePorts[Math.min(attempt, sourcePorts.length - 1)] as number;
    const means = { cookie: this.#cookie, transmitQueue: this.#transmitQueue, craft, made: attempt * PROBES_PER_ATTEMPT };
    const syns = new FlowSyns({ source, target, sourcePort, port }, means);
    const isLastAttempt = attempt + 1 >= Math.max(LEAST_ATTEMPTS, sourcePorts.length);
    const mayBeDown = (): boolean => job.awaitsArp && !this.#alive.has(target);
    const trace = new PathTrace({ ...this.#plan, syns, isLastAttempt, payloadLength, mayBeDown });
    this.#running.push({ job, attempt, trace, control: null, controls: 0 });
  }

  #advance(running: Running, now: Nanos): Nanos {
    const { job, attempt, trace } = running;
    const inFlight = this.#running.reduce((sum, one) => sum + one.trace.inFlight, 0);
    const next = trace.poll(now, MOST_IN_FLIGHT - inFlight);
    if (trace.stale) {
      this.#remove(running);
      this.#start(job, attempt + 1);
      return now;
    }
    this.#control(running);
    const later = Math.min(next, running.control?.poll(now) ?? Infinity);
    if (!trace.finished || running.control?.finished === false) return later;
    this.#remove(running);
    this.#report(running, false);
    return Infinity;
  }

  /**
   * Checks an answer from the target's address, which a device may have forged, unless the target is local.
   * On an answer to a lower TTL another flow to another port replaces it, so that the two cannot be confused.
   */
  #control(running: Running): void {
    const { job, trace, control } = running;
    const { source, target, port: asked, craftControl: craft } = job;
    const { final } = trace;
    const { isLocal, controlPort: sourcePort } = this.#plan;
    if (final === null || final.kind !== 'tcp' || trace.stale || isLocal(target)) return;
    if (control !== null && control.firstTtl <= final.probe.ttl) return;
    const { ipId } = this.#cookie.compute(source, target, asked, ++running.controls);
    const last = 0xffff - (ipId % CONTROL_PORTS);
    const port = last === asked ? last - 1 : last;
    const rtt = final.at - (final.probe.posted.sentAt ?? final.at);
    const means = { cookie: this.#cookie, transmitQueue: this.#transmitQueue, craft, made: 0 };
    const syns = new FlowSyns({ source, target, sourcePort, port }, means);
    running.control = new ControlFlow({ syns, isLocal, firstTtl: final.probe.ttl, rtt });
  }

  #remove(running: Running): void {
    this.#running = this.#running.filter((one) => one !== running);
  }

  #report({ job, trace, control }: Running, interrupted: boolean): void {
    const { flow } = trace.syns;
    const { errno, ...seen } = trace.result;
    if (seen.final?.kind === 'tcp') this.#alive.add(flow.target);
    // Without any answer the packets never left if the kernel still asks for the first router's address.
    const isSilent = seen.hops.every(({ answers }) => answers.length === 0);
    const isUnresolved = errno === 0 && isSilent && this.#plan.isUnresolved(flow.target);
    const outcome = { errno: isUnresolved ? Errno.EHOSTUNREACH : errno, control: control?.result ?? null, interrupted };
    this.#rejected += trace.rejected;
    this.#waiting.push(...this.#plan.onResult({ ...flow, ...seen, ...outcome }, job));
  }

  #dispatch(packet: DecodedPacket, at: Nanos): void {
    for (const { trace, control } of this.#running) {
      if (!trace.receive(packet, at) && control?.receive(packet) !== true) continue;
      this.#received++;
      return;
    }
  }
}
