import { randomBytes, randomInt } from 'node:crypto';

import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { decisiveAttempt, type ResponderOutcome, queryResponder } from '../../probe/responder/responder-query.ts';
import { localViewOf } from '../../probe/responder/local-view.ts';
import { ProofSyns } from '../../probe/responder/proof-syns.ts';
import type { Mac } from '../../probe/responder/token-mac.ts';
import { responderPartOf } from '../../records/responder-record.ts';
import type { PathResponder } from '../../records/path/build.ts';
import type { TransportFault } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { fromHex } from '../../wire/hex.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { runSession } from '../loop/loop.ts';
import type { OpenRun } from '../open-run.ts';
import type { PreparedPairs } from '../options/prepare-pairs.ts';

/** Source ports for the connections, in turn, so that no two attempts at a port share one. */
export const RESPONDER_PORTS = 64;
/** Targets at a time. */
const AT_ONCE = 8;
const DEFAULT_RETRIES = 2;

/** How the responder is asked. */
export interface ResponderQuery {
  readonly open: Pick<OpenRun, 'transport' | 'routes'>;
  /** Guarded ones that no trace uses. */
  readonly sourcePorts: readonly number[];
  readonly mac: Mac;
  /** Another listening port of the responder, or null. */
  readonly control: { readonly address: Address; readonly port: number } | null;
  readonly signal: AbortSignal;
}

/** What a responder says of the SYNs to each port of a run, asked before their paths are traced. */
export class PathResponders {
  /** SYNs sent for it, and what came back. */
  stats: Pick<ConnectionSession['stats'], 'probesSent' | 'repliesReceived' | 'repliesRejected'> = {
    probesSent: 0,
    repliesReceived: 0,
    repliesRejected: 0,
  };
  readonly #known: Map<string, PathResponder> = new Map();

  /** Null where nobody was asked. */
  of(target: Address, port: number): PathResponder | null {
    return this.#known.get(`${target} ${port}`) ?? null;
  }

  /** Asks about every pair that has a route; resolves to the fault that ended it early, or null. */
  async ask(run: PreparedPairs, ask: ResponderQuery): Promise<TransportFault | null> {
    const session = new ConnectionSession({ connectionPlans: this.#connectionPlans(run, ask), atOnce: AT_ONCE });
    const fault = await runSession(session, ask.open.transport, { signal: ask.signal, onTurn: () => undefined });
    this.stats = session.stats;
    return fault;
  }

  *#connectionPlans(run: PreparedPairs, { open, sourcePorts, mac, control }: ResponderQuery): Generator<ConnectionPlan> {
    const { routes, transport } = open;
    const syns = new ProofSyns({ mac, wallClock: Date.now, sourcePorts, ipId: null, firstId: randomInt(65_535), routes });
    const form = { spec: run.spec, carriers: [] };
    for (let index = 0; index < run.targets.size; index++) {
      const target = run.targets.at(index);
      if (routes.lookup(target) < 0) continue;
      const ports = Array.from({ length: run.ports.size }, (_, place) => run.ports.at(place));
      yield queryResponder({
        questions: ports.map((port) => ({ port, makeSyn: syns.to(target, port, form) })),
        control: control === null ? null : syns.to(control.address, control.port, form),
        mac,
        nonce: () => new Uint8Array(randomBytes(16)),
        initialRto: run.timing.timeoutMs * NANOS_PER_MS,
        retries: run.timing.retries ?? DEFAULT_RETRIES,
        now: () => transport.now(),
        onOutcome: (outcome) => this.#learn(target, outcome),
      });
    }
  }

  #learn(target: Address, outcome: ResponderOutcome): void {
    const attempt = decisiveAttempt(outcome);
    if (attempt === null) return;
    const local = localViewOf(attempt.connection);
    const part = responderPartOf(outcome, attempt, local);
    const { responder, synSent } = part;
    const synArrived = responder.syn === null ? null : fromHex(responder.syn);
    const rttMs = local.rtt === null ? null : local.rtt / NANOS_PER_MS;
    const reply = local.reply === null ? null : local.reason;
    const { state, reason, from } = local;
    const seen = synArrived === null || synSent === null ? null : { address: target, synSent, synArrived, reply, rttMs };
    this.#known.set(`${target} ${outcome.question.port}`, { ...part, verdict: { state, reason, from }, seen });
  }
}
