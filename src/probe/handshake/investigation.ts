import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { findOption } from '../../wire/tcp-options.ts';
import { acknowledgeAtOnce, acknowledgeNothing } from '../connection/ack-policy.ts';
import type { ConnectionScript, Connection } from '../connection/connection.ts';
import type { ConnectionRequest, ConnectionPlan } from '../connection/connection-session.ts';
import { answered, closed, established, exchanged, inStages, observed, settled, type Stage } from '../connection/stage.ts';
import type { SegmentNote } from '../connection/segment-note.ts';
import { type PathMtu, type PathMtuLimits, PathMtuStage } from './path-mtu.ts';

/** Why a connection was made. */
export type Purpose =
  /** What the user asked for, `--repeat` times. */
  | 'asked'
  /** The host seems to have missed our ACK: a second connection tells a lost packet from a full queue. */
  | 'second-look'
  /** The same without timestamps: SYN cookies then have no room for other options. */
  | 'without-timestamps'
  /** The same without ECN in the SYN, and then with it again. */
  | 'without-ecn'
  | 'with-ecn-again'
  /** Asks for a Fast Open cookie; a SYN without the option; uses the cookie with data; again without. */
  | 'cookie-request'
  | 'cookie-control'
  | 'cookie-use'
  | 'data-control';

/** One connection of an investigation. */
export interface Trial {
  readonly purpose: Purpose;
  readonly connection: Connection;
}

/** How a SYN differs from the run's usual one. */
export interface SynVariation {
  /** Fast Open: asks for a cookie, or uses the one given in hex. */
  readonly fastOpen?: 'request' | { readonly cookie: string };
  readonly payload?: Uint8Array;
  /** Leaves out timestamps. */
  readonly timestamps?: false;
  /** Whether it asks for ECN; default: as the run does. */
  readonly ecn?: boolean;
}

/** What to find out about one port. */
export interface InvestigationPlan {
  readonly makeSyn: (variation: SynVariation) => Uint8Array;
  readonly initialRto: Nanos;
  readonly retries: number;
  /** Bytes of the largest packet that may leave. */
  readonly mtu: number;
  /** False to leave the SYN-ACK unacknowledged. */
  readonly ack: boolean;
  /** How long to go on listening, before or after the ACK; null for as long as the rest needs. */
  readonly observe: Nanos | null;
  readonly say: Uint8Array | null;
  readonly fastOpen: boolean;
  readonly ecn: boolean;
  /** Null to skip the measurement. */
  readonly pathMtu: PathMtuLimits | null;
  readonly close: 'fin' | 'rst';
  readonly repeat: number;
}

/** Everything tried on one port, in order. */
export interface Investigation {
  readonly plan: InvestigationPlan;
  readonly trials: readonly Trial[];
  readonly pathMtu: PathMtu | null;
}

/** Linux repeats its SYN-ACK after 1, 3 and 7 seconds: this is enough to see all three. */
const UNACKNOWLEDGED: Nanos = 8000 * NANOS_PER_MS;
/** Time allowed for an application's first byte. */
const REPLY_TIMEOUT: Nanos = 3000 * NANOS_PER_MS;
/** A reply is complete when nothing arrives for this long, or for two round trips. */
const QUIET: Nanos = 20 * NANOS_PER_MS;
const LONGEST_REPLY: Nanos = 1000 * NANOS_PER_MS;
const CONGESTION_EXPERIENCED = 3;
/** What Fast Open sends without `--send`: an empty line, which HTTP ignores (RFC 9112, 2.2). */
const FEWEST_WORDS: Uint8Array = Uint8Array.of(0x0d, 0x0a);

/** Investigates one port. `investigation` has the results at any time, also when the run is cut short. */
export class PortInvestigation {
  readonly #plan: InvestigationPlan;
  readonly #trials: Trial[] = [];
  #pathMtu: PathMtuStage | null = null;

  constructor(plan: InvestigationPlan) {
    this.#plan = plan;
  }

  get investigation(): Investigation {
    return { plan: this.#plan, trials: this.#trials, pathMtu: this.#pathMtu?.result ?? null };
  }

  /** The connections, one step after the other. */
  *connections(): ConnectionPlan {
    const { repeat, ecn, fastOpen, ack } = this.#plan;
    yield* this.#ask();
    if (this.#wasIgnored() && repeat === 1) yield [this.#request('second-look', {}, this.#stages(null))];
    if (ecn && !this.#wasAnswered('asked')) yield* this.#lookAtEcn();
    if (fastOpen && ack && this.#wasAnswered('asked')) yield* this.#lookAtFastOpen();
  }

  *#ask(): ConnectionPlan {
    const asked = Array.from({ length: this.#plan.repeat }, () => this.#asked());
    yield this.#plan.ack ? asked : [...asked, this.#unacknowledged('without-timestamps', { timestamps: false })];
    if (this.#wasAnswered('asked') || !this.#wasChallenged()) return;
    this.#pathMtu = null;
    yield [this.#asked()];
  }

  *#lookAtEcn(): ConnectionPlan {
    yield [this.#request('without-ecn', { ecn: false }, this.#stages(null))];
    if (this.#wasAnswered('without-ecn')) yield [this.#request('with-ecn-again', {}, this.#stages(null))];
  }

  *#lookAtFastOpen(): ConnectionPlan {
    yield [this.#request('cookie-request', { fastOpen: 'request' }, this.#stages(null))];
    if (!this.#wasAnswered('cookie-request')) {
      yield [this.#request('cookie-control', {}, this.#stages(null))];
      return;
    }
    const cookie = cookieOf(this.#trials.at(-1)?.connection);
    if (cookie === null) return;
    const payload = this.#plan.say ?? FEWEST_WORDS;
    yield [this.#request('cookie-use', { fastOpen: { cookie }, payload }, this.#stages(null))];
    if (!this.#wasAnswered('cookie-use')) yield [this.#request('data-control', {}, this.#stages(null))];
  }

  #asked(): ConnectionRequest {
    const { ack, pathMtu, say } = this.#plan;
    if (!ack) return this.#unacknowledged('asked', {});
    const search = pathMtu !== null && this.#pathMtu === null ? new PathMtuStage(pathMtu) : null;
    if (search !== null) this.#pathMtu = search;
    return this.#request('asked', {}, [...(search === null ? [] : [established, settled(), search.stage]), ...this.#stages(say)]);
  }

  #unacknowledged(purpose: Purpose, variation: SynVariation): ConnectionRequest {
    return this.#request(purpose, variation, [answered, observed(this.#plan.observe ?? UNACKNOWLEDGED)]);
  }

  /** Handshake, a pause, an exchange, and the close. */
  #stages(say: Uint8Array | null): readonly Stage[] {
    const { close } = this.#plan;
    return [
      established,
      settled(),
      ...(say === null ? [] : [congested]),
      ...this.#listening(say),
      ...(close === 'fin' ? [closed()] : []),
    ];
  }

  #listening(say: Uint8Array | null): readonly Stage[] {
    const { observe } = this.#plan;
    if (say === null) return observe === null ? [] : [observed(observe)];
    return [observe === null ? exchanged(say, REPLY_TIMEOUT, replyIsOver()) : exchanged(say, observe, () => Infinity)];
  }

  #request(purpose: Purpose, variation: SynVariation, stages: readonly Stage[]): ConnectionRequest {
    const { makeSyn, initialRto, retries, mtu, ack } = this.#plan;
    return {
      syn: makeSyn(variation),
      script: this.#noting(purpose, inStages(stages)),
      acknowledge: ack ? acknowledgeAtOnce : acknowledgeNothing,
      initialRto,
      retries,
      mtu,
    };
  }

  /** Records a connection at its first poll, so that one that is cut short counts too. */
  #noting(purpose: Purpose, script: ConnectionScript): ConnectionScript {
    let isKnown = false;
    return (connection, now) => {
      if (!isKnown) this.#trials.push({ purpose, connection });
      isKnown = true;
      return script(connection, now);
    };
  }

  #wasAnswered(purpose: Purpose): boolean {
    return this.#trials.some((trial) => trial.purpose === purpose && isAnswered(trial.connection));
  }

  /** An older connection may hold the tuple (RFC 5961, 4): another port is another tuple. */
  #wasChallenged(): boolean {
    return this.#trials.some(({ connection }) =>
      connection.notes.some((note) => note.kind === 'in' && note.sense === 'challenge-ack'),
    );
  }

  #wasIgnored(): boolean {
    return this.#trials.some(({ connection }) => synAcksAfterAck(connection).length > 0 || isIgnored(connection));
  }
}

/** With ECN negotiated, marks our data CE, which the peer must echo (RFC 3168, 6.1.3). */
const congested: Stage = (connection) => {
  if (connection.agreement?.ecn === true) connection.markData(CONGESTION_EXPERIENCED);
  return null;
};

/** Whether any proven answer came, a reset included. */
export function isAnswered({ agreement, ending }: Connection): boolean {
  return agreement !== null || ending?.kind === 'refused';
}

/** SYN-ACKs that were repeated more than a round trip after they had been acknowledged. */
export function synAcksAfterAck({ notes, establishedAt, pace }: Connection): readonly SegmentNote[] {
  if (establishedAt === null) return [];
  const since = establishedAt + pace.srtt;
  return notes.filter(
    (note): note is SegmentNote => note.kind === 'in' && note.sense === 'syn-ack-again' && note.at !== null && note.at > since,
  );
}

/** Whether nothing after our SYN was ever acknowledged, although it was retransmitted. */
export function isIgnored({ establishedAt, ending, sent, received }: Connection): boolean {
  return establishedAt !== null && ending?.kind === 'no-response' && sent.acknowledged <= 1 && received.next <= 1;
}

/** The Fast Open cookie that a SYN-ACK grants (RFC 7413, 4.1.2), in hex; null without one. */
export function cookieOf(connection: Connection | undefined): string | null {
  const synAck = connection?.notes.find((note) => note.kind === 'in' && note.sense === 'syn-ack');
  if (synAck?.kind !== 'in') return null;
  const cookie = findOption(synAck.segment.header.options, 'tfo')?.cookie ?? '';
  return cookie === '' ? null : cookie;
}

/** When a reply is complete: once nothing has followed it for a while. */
function replyIsOver(): (connection: Connection, now: Nanos) => Nanos {
  let bytes = 0;
  let since: Nanos = Infinity;
  let first: Nanos = Infinity;
  return ({ received, pace }, now) => {
    if (received.byteCount > bytes) {
      bytes = received.byteCount;
      since = now;
      first = Math.min(first, now);
    }
    return Math.min(since + Math.max(QUIET, 2 * pace.srtt), first + LONGEST_REPLY);
  };
}
