import { createHash, createHmac } from 'node:crypto';
import { EventQueue } from '../network/event-queue.ts';
import { chain, type Context, type Middlebox } from '../network/middlebox.ts';
import type { Packet } from '../network/packet.ts';
import { oneHopOlder } from '../network/packet-edit.ts';
import { createRandom } from '../network/random.ts';
import { sendBatch } from '../network/send-batch.ts';
import { ConnectionSession } from '../../src/probe/connection/connection-session.ts';
import type { DrivenSession } from '../../src/probe/session/driven-session.ts';
import type { Attempt } from '../../src/probe/responder/attempt-log.ts';
import { decisiveAttempt, type ResponderOutcome, queryResponder } from '../../src/probe/responder/responder-query.ts';
import { localViewOf } from '../../src/probe/responder/local-view.ts';
import { type ProofSynForm, ProofSyns } from '../../src/probe/responder/proof-syns.ts';
import { ResponderSession } from '../../src/probe/responder/responder-session.ts';
import type { ResponderStats } from '../../src/probe/responder/responder-plan.ts';
import type { Mac } from '../../src/probe/responder/token-mac.ts';
import { responderPartOf } from '../../src/records/responder-record.ts';
import type { ResponderRecord } from '../../src/records/records.ts';
import { readSpec } from '../../src/run/options/read-options.ts';
import type { Finding } from '../../src/analysis/finding.ts';
import type { Routes, SendBatch } from '../../src/transport/transport.ts';
import { type Address, parseAddress } from '../../src/wire/address.ts';
import { toHex } from '../../src/wire/hex.ts';
import { NANOS_PER_MS, type Nanos } from '../../src/wire/numbers.ts';

/** Both ends of a path, and what stands between them. */
export interface TwoEndsPlan {
  readonly forward?: readonly Middlebox[];
  readonly reverse?: readonly Middlebox[];
  readonly ports?: readonly number[];
  readonly listening?: readonly number[];
  readonly control?: number;
  readonly token?: string;
  readonly responderToken?: string;
  readonly options?: string;
  readonly ecn?: boolean;
  readonly dscp?: number;
  readonly payload?: Uint8Array;
  /** Carries the proof in an experimental option too. */
  readonly proofOption?: boolean;
  /** Milliseconds that the responder's clock is ahead. */
  readonly skewMs?: number;
  readonly seed?: number;
  readonly retries?: number;
  /** How long the first SYN is waited for; a second unless given. */
  readonly timeoutMs?: number;
  /** The IP ID of every SYN, as `--ip-id` fixes it. */
  readonly ipId?: number;
}

/** What came out for one port. */
export interface PortEnds {
  readonly port: number;
  readonly state: string;
  readonly responder: ResponderRecord;
  readonly findings: readonly Finding[];
}

/** A finished run. */
export interface TwoEndsOutcome {
  readonly ports: readonly PortEnds[];
  readonly attempts: readonly Attempt[];
  readonly stats: ResponderStats;
  readonly durationMs: number;
  /** Packets that each end sent. */
  readonly sent: Readonly<Record<'near' | 'far', readonly Packet[]>>;
}

export const NEAR = address('192.0.2.1');
export const FAR = address('198.51.100.7');
const EPOCH_MS = 1_800_000_000_000;
const LINK: Nanos = 5 * NANOS_PER_MS;
const MOST_TURNS = 20_000;

const known = new Map<string, Uint8Array>();

/** HMAC-SHA-256 under a token, without the slow key derivation of the real thing; what many runs ask is computed once. */
export function macOfToken(token: string): Mac {
  const key = createHash('sha256').update(token).digest();
  return (message) => {
    const name = `${token} ${toHex(message)}`;
    const mac = known.get(name) ?? new Uint8Array(createHmac('sha256', key).update(message).digest());
    if (message.length < 40) known.set(name, mac);
    return mac;
  };
}

/** Runs `probe --responder` against `respond` under a virtual clock. */
export function runTwoEnds(plan: TwoEndsPlan = {}): TwoEndsOutcome {
  return new TwoEnds(plan).run();
}

type End = 'near' | 'far';

class TwoEnds {
  readonly #plan: TwoEndsPlan;
  readonly #random;
  readonly #events = new EventQueue<{ readonly to: End; readonly packet: Packet }>();
  readonly #memory = new Map<object, unknown>();
  readonly #batch: SendBatch = sendBatch(64, 2048);
  readonly #attempts: Attempt[] = [];
  readonly #ports: PortEnds[] = [];
  readonly #sent = { near: [] as Packet[], far: [] as Packet[] };
  readonly #near: ConnectionSession;
  readonly #far: ResponderSession;
  readonly #due = { near: 0, far: 0 };
  #now: Nanos = 0;

  constructor(plan: TwoEndsPlan) {
    this.#plan = plan;
    this.#random = createRandom(plan.seed ?? 1);
    const { listening = [443, 8443], token = 'a token of the test', responderToken = token } = plan;
    this.#far = new ResponderSession({
      ports: listening,
      routes: routesOf(FAR),
      mac: macOfToken(responderToken),
      random: (length) => this.#bytes(length),
      wallClock: () => this.#epoch() + (plan.skewMs ?? 0),
      endAt: Infinity,
      endAfter: Infinity,
      onAttempt: (attempt) => this.#attempts.push(attempt),
    });
    this.#near = new ConnectionSession({ connectionPlans: [this.#connectionPlan(macOfToken(token))], atOnce: 1 });
  }

  run(): TwoEndsOutcome {
    for (let turn = 0; turn < MOST_TURNS && !this.#near.finished; turn++) {
      for (const end of ['near', 'far'] as const) if (this.#due[end] <= this.#now) this.#turn(end);
      const next = Math.min(this.#events.nextAt, this.#due.near, this.#due.far);
      if (next === Infinity) break;
      this.#now = Math.max(this.#now, next);
      while (this.#events.nextAt <= this.#now) this.#deliver();
    }
    const durationMs = this.#now / NANOS_PER_MS;
    this.#drainOnClose('near', this.#near);
    this.#drainOnClose('far', this.#far);
    const ports = this.#ports.toSorted((a, b) => a.port - b.port);
    return { ports, attempts: this.#attempts, stats: this.#far.stats, durationMs, sent: this.#sent };
  }

  #connectionPlan(mac: Mac): ReturnType<typeof queryResponder> {
    const { ports = [443], control = null, retries = 2 } = this.#plan;
    const sourcePorts = Array.from({ length: 64 }, (_, index) => 20_000 + index);
    const syns = new ProofSyns({
      mac,
      wallClock: () => this.#epoch(),
      sourcePorts,
      ipId: this.#plan.ipId ?? null,
      firstId: 4711,
      routes: routesOf(NEAR),
    });
    const makeSyn = (port: number): (() => Uint8Array) => syns.to(FAR, port, this.#form());
    return queryResponder({
      questions: ports.map((port) => ({ port, makeSyn: makeSyn(port) })),
      control: control === null ? null : makeSyn(control),
      mac,
      nonce: () => this.#bytes(16),
      initialRto: (this.#plan.timeoutMs ?? 1000) * NANOS_PER_MS,
      retries,
      now: () => this.#now,
      onOutcome: (outcome) => this.#ports.push(judged(outcome)),
    });
  }

  #form(): ProofSynForm {
    const { ecn = false, dscp = 0, payload = new Uint8Array(0), options = null, proofOption = false } = this.#plan;
    return { spec: { ...readSpec({}), ecn, dscp, payload, options }, carriers: proofOption ? ['option'] : [] };
  }

  #session(end: End): DrivenSession {
    return end === 'near' ? this.#near : this.#far;
  }

  #turn(end: End): void {
    const session = this.#session(end);
    this.#due[end] = session.poll(this.#now, this.#batch);
    if (this.#batch.count > 0) this.#flush(end);
    this.#due[end] = Math.min(this.#due[end], session.flushed(this.#now, this.#batch));
    // Like a transport's wait, which lets at least some time pass.
    this.#due[end] = Math.max(this.#due[end], this.#now + 1000);
  }

  #drainOnClose(end: End, session: DrivenSession): void {
    session.stop();
    for (session.drainOnClose(this.#batch); this.#batch.count > 0; session.drainOnClose(this.#batch)) {
      this.#flush(end);
      session.flushed(this.#now, this.#batch);
    }
  }

  #flush(end: End): void {
    const { bytes, slotSize, lengths, errors, sentAt, count } = this.#batch;
    for (let slot = 0; slot < count; slot++) {
      const packet = bytes.slice(slot * slotSize, slot * slotSize + (lengths[slot] as number));
      errors[slot] = 0;
      sentAt[slot] = this.#now;
      this.#sent[end].push(packet);
      this.#travel(end, packet);
    }
  }

  #travel(from: End, packet: Packet): void {
    const boxes = (from === 'near' ? this.#plan.forward : this.#plan.reverse) ?? [];
    const other = from === 'near' ? 'far' : 'near';
    for (const { packet: one, way, delay, unless } of chain(...boxes)(oneHopOlder(packet), this.#context())) {
      if (unless?.() === true) continue;
      this.#events.push(this.#now + delay + LINK, { to: way === 'onward' ? other : from, packet: one });
    }
  }

  #deliver(): void {
    const event = this.#events.pop();
    if (event === undefined) return;
    const session = this.#session(event.to);
    session.receive(event.packet, 0, event.packet.length, this.#now);
    // Whoever is captured ends the wait.
    this.#due[event.to] = this.#now;
  }

  #context(): Context {
    return {
      now: this.#now,
      random: this.#random,
      address: null,
      remember: <T>(key: object, create: () => T): T => {
        if (!this.#memory.has(key)) this.#memory.set(key, create());
        return this.#memory.get(key) as T;
      },
      later: () => {
        throw new Error('no box of this test has timers');
      },
    };
  }

  #epoch(): number {
    return EPOCH_MS + this.#now / NANOS_PER_MS;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.uint32() & 0xff);
  }
}

function judged(outcome: ResponderOutcome): PortEnds {
  const attempt = decisiveAttempt(outcome);
  if (attempt === null) throw new Error(`no attempt at port ${outcome.question.port}`);
  const near = localViewOf(attempt.connection);
  return { port: outcome.question.port, state: near.state, ...responderPartOf(outcome, attempt, near) };
}

/** `code:option direction certainty`. */
export function inWords({ findings }: PortEnds): readonly string[] {
  return findings.map(
    ({ code, option, direction, certainty }) => `${code}${option === null ? '' : `:${option}`} ${direction} ${certainty}`,
  );
}

/** Routes of a host with one address. */
export function routesOf(own: Address): Routes {
  return {
    sources: [{ address: own, interface: 'sim0', mtu: 1500 }],
    lookup: () => 0,
    isLocal: (one) => one === own,
    isUnresolved: () => false,
  };
}

function address(text: string): Address {
  return parseAddress(text) as Address;
}
