import { randomBytes, randomInt } from 'node:crypto';

import { ConnectionSession, type Inquiry } from '../../probe/connection/connection-session.ts';
import { decisiveAttempt, type FarOutcome, inquireFarEnd } from '../../probe/responder/far-inquiry.ts';
import { nearSideOf } from '../../probe/responder/near-side.ts';
import { ProvenSyns } from '../../probe/responder/proven-syns.ts';
import type { Mac } from '../../probe/responder/token-mac.ts';
import { farEndPart } from '../../records/far-end-record.ts';
import type { PathFarEnd } from '../../records/path/path-record.ts';
import type { TransportFault } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { fromHex } from '../../wire/hex.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { FarSynMakers } from '../responder/far-syn-makers.ts';
import { runSession } from '../loop/loop.ts';
import type { OpenRun } from '../open-run.ts';
import type { PreparedPairs } from '../options/prepare-pairs.ts';

/** Source ports for the connections, in turn, so that no two attempts at a port share one. */
export const FAR_PORTS = 64;
/** Targets at a time. */
const AT_ONCE = 8;
const DEFAULT_RETRIES = 2;

/** How the far end is asked. */
export interface FarAsk {
  readonly open: Pick<OpenRun, 'transport' | 'routes'>;
  /** Guarded ones that no trace uses. */
  readonly sourcePorts: readonly number[];
  readonly mac: Mac;
  /** Another listening port of the responder, or null. */
  readonly control: { readonly address: Address; readonly port: number } | null;
  readonly signal: AbortSignal;
}

/** What a responder says of the SYNs to each port of a run, asked before their paths are traced. */
export class PathFarEnds {
  /** SYNs sent for it, and what came back. */
  stats: Pick<ConnectionSession['stats'], 'probesSent' | 'repliesReceived' | 'repliesRejected'> = {
    probesSent: 0,
    repliesReceived: 0,
    repliesRejected: 0,
  };
  readonly #known: Map<string, PathFarEnd> = new Map();

  /** Null where nobody was asked. */
  of(target: Address, port: number): PathFarEnd | null {
    return this.#known.get(`${target} ${port}`) ?? null;
  }

  /** Asks about every pair that has a route; resolves to the fault that ended it early, or null. */
  async ask(run: PreparedPairs, ask: FarAsk): Promise<TransportFault | null> {
    const session = new ConnectionSession({ inquiries: this.#inquiries(run, ask), atOnce: AT_ONCE });
    const fault = await runSession(session, ask.open.transport, { signal: ask.signal, onTurn: () => undefined });
    this.stats = session.stats;
    return fault;
  }

  *#inquiries(run: PreparedPairs, { open, sourcePorts, mac, control }: FarAsk): Generator<Inquiry> {
    const { routes, transport } = open;
    const words = { mac, wallClock: () => Date.now(), sourcePorts, ipId: null, firstId: randomInt(65_535) };
    const makers = new FarSynMakers({ spec: run.spec, carriers: [] }, routes, new ProvenSyns(words));
    for (let index = 0; index < run.targets.size; index++) {
      const target = run.targets.at(index);
      if (routes.lookup(target) < 0) continue;
      const ports = Array.from({ length: run.ports.size }, (_, place) => run.ports.at(place));
      yield inquireFarEnd({
        questions: ports.map((port) => ({ port, makeSyn: makers.to(target, port) })),
        control: control === null ? null : makers.to(control.address, control.port),
        mac,
        nonce: () => new Uint8Array(randomBytes(16)),
        initialRto: run.timing.timeoutMs * NANOS_PER_MS,
        retries: run.timing.retries ?? DEFAULT_RETRIES,
        now: () => transport.now(),
        onOutcome: (outcome) => this.#learn(target, outcome),
      });
    }
  }

  #learn(target: Address, outcome: FarOutcome): void {
    const attempt = decisiveAttempt(outcome);
    if (attempt === null) return;
    const near = nearSideOf(attempt.connection);
    const part = farEndPart(outcome, attempt, near);
    const { responder, synSent } = part;
    const synArrived = responder.syn === null ? null : fromHex(responder.syn);
    const rttMs = near.rtt === null ? null : near.rtt / NANOS_PER_MS;
    const reply = near.reply === null ? null : near.reason;
    const { state, reason, from } = near;
    const seen = synArrived === null || synSent === null ? null : { address: target, synSent, synArrived, reply, rttMs };
    this.#known.set(`${target} ${outcome.question.port}`, { ...part, verdict: { state, reason, from }, seen });
  }
}
