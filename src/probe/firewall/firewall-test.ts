import { errnoName } from '../../transport/errno.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import type { Posted } from '../session/transmit-queue.ts';
import type { TestKind } from './battery.ts';

/** What one test sends. */
export interface TestSpec {
  readonly kind: TestKind;
  readonly port: number;
  /** A limited TTL; null for the usual one. */
  readonly ttl: number | null;
  /** Name of the one option of a `syn-option`, else null. */
  readonly option: string | null;
  /** 1 for the first of its kind, more for repetitions. */
  readonly round: number;
}

/** A packet of a test, and the numbers that prove its answer. */
export interface TestPacket {
  readonly sender: TestPacketSender;
  readonly port: number;
  readonly sourcePort: number;
  readonly seq: number;
  /** The acknowledgment number of a segment with ACK. */
  readonly ack: number;
  readonly flags: number;
  readonly payloadLength: number;
  readonly posted: Posted;
}

/** The kind of a proven answer. `local`: this host's own kernel could not deliver the packet. */
export type AnswerKind = 'syn-ack' | 'rst' | 'syn' | 'icmp' | 'expired' | 'local';

/** A packet that answers a test packet; the bytes are a copy. */
export interface Answer {
  readonly kind: AnswerKind;
  readonly testPacket: TestPacket;
  readonly bytes: Uint8Array;
  readonly at: Nanos;
}

/** Sends packets of one spec and takes their answers. */
export interface TestPacketSender {
  readonly spec: TestSpec;
  /** Notes a packet that was posted. */
  add(testPacket: TestPacket): void;
  take(answer: Answer): void;
}

/** The result of one test, as analysis reads it. */
export interface TestResult extends TestSpec {
  /** Packets sent. */
  readonly attempts: number;
  /** Which of them was answered, from 1; null when none was. */
  readonly answered: number | null;
  /** `syn-ack`, `syn`, `rst`, `no-response`, an ICMP reason, or `send-error:ERRNO`. */
  readonly reason: string;
  readonly reply: DecodedPacket | null;
  /** A later, different answer to the same packet. */
  readonly conflict: DecodedPacket | null;
  readonly rttMs: number | null;
}

/** Of two answers the stronger counts. An answer of full strength is final. */
const STRENGTH: Readonly<Record<AnswerKind, number>> = { expired: 1, icmp: 1, syn: 2, local: 3, rst: 4, 'syn-ack': 4 };
const FINAL_STRENGTH = 4;
/** Challenge ACKs for which a test sends another packet. */
const MOST_CHALLENGES = 2;

/** One running test: sends packets until one is answered or enough stay silent. It has exactly one result. */
export class FirewallTest implements TestPacketSender {
  readonly spec: TestSpec;
  readonly testPackets: TestPacket[] = [];
  /** True once only a contradicting answer can change the result. */
  done = false;
  /** Packets that it may send; capture losses and challenge ACKs add to it. */
  allowance: number;
  #answer: Answer | null = null;
  #conflict: Answer | null = null;
  #errno = 0;
  #hurried = false;
  #challenges = 0;

  constructor(spec: TestSpec, allowance: number) {
    this.spec = spec;
    this.allowance = allowance;
  }

  get answerKind(): AnswerKind | null {
    return this.#answer?.kind ?? null;
  }

  /** The TTL that the answer arrived with, or null. */
  get answerTtl(): number | null {
    return this.#answer?.bytes[Ipv4Offset.TTL] ?? null;
  }

  /** True when the packet could not be sent, or not delivered to the next hop. */
  get isRefused(): boolean {
    return this.#errno !== 0;
  }

  /** From the first packet to the last; 0 until both have left. */
  get sendingTime(): Nanos {
    const [first] = this.testPackets;
    const from = first?.posted.sentAt ?? null;
    const to = this.testPackets.at(-1)?.posted.sentAt ?? null;
    return from === null || to === null ? 0 : to - from;
  }

  take(answer: Answer): void {
    const held = this.#answer;
    if (held === null || STRENGTH[answer.kind] > STRENGTH[held.kind]) this.#answer = answer;
    else if (isFinal(held) && isContradiction(held, answer)) this.#conflict ??= answer;
    // An ICMP error is final for every test but the usual SYN; an expired TTL is what a limited one looks
    // for.
    this.done ||= isFinal(answer) || answer.kind === 'local' || (this.spec.kind !== 'syn' && answer.kind !== 'syn');
  }

  /** Sends the next packet without waiting for `testPacket`: an older connection holds its tuple. */
  challenge(testPacket: TestPacket): void {
    if (testPacket !== this.testPackets.at(-1) || this.#challenges >= MOST_CHALLENGES) return;
    this.#challenges++;
    this.#hurried = true;
    this.allowance++;
  }

  /** True when a packet should leave at `now`; `wait` is its time-out. Ends the test when none is left. */
  poll(now: Nanos, wait: Nanos): boolean {
    if (this.done) return false;
    const last = this.testPackets.at(-1);
    if (last === undefined) return true;
    const { errno } = last.posted;
    if (errno === 0 && now < this.dueAt(wait)) return false;
    if (errno === 0 && this.testPackets.length < this.allowance) return true;
    this.fail(errno);
    return false;
  }

  /** When to call `poll` again: 0 for at once, Infinity while a packet waits to be sent. */
  dueAt(wait: Nanos): Nanos {
    const last = this.testPackets.at(-1)?.posted;
    if (last === undefined || last.errno !== 0) return 0;
    const { sentAt } = last;
    if (sentAt === null) return Infinity;
    return this.#hurried && this.testPackets.length < this.allowance ? sentAt : sentAt + wait;
  }

  add(testPacket: TestPacket): void {
    this.testPackets.push(testPacket);
    this.#hurried = false;
  }

  /** Ends the test, with an errno when the kernel could not send or deliver the packet, else 0. */
  fail(errno: number): void {
    this.#errno = errno;
    this.done = true;
  }

  result(): TestResult {
    const answer = this.#answer;
    const sentAt = answer?.testPacket.posted.sentAt ?? null;
    const rtt = answer === null || sentAt === null || answer.at < sentAt ? null : answer.at - sentAt;
    return {
      ...this.spec,
      attempts: this.testPackets.length,
      answered: answer === null ? null : this.testPackets.indexOf(answer.testPacket) + 1,
      reason: this.#reason(),
      reply: decoded(answer),
      conflict: decoded(this.#conflict),
      rttMs: rtt === null ? null : rtt / NANOS_PER_MS,
    };
  }

  #reason(): string {
    const answer = this.#answer;
    if (answer === null) return this.#errno === 0 ? 'no-response' : `send-error:${errnoName(this.#errno)}`;
    if (answer.kind === 'local') return 'send-error:EHOSTUNREACH';
    const icmp = decoded(answer)?.icmp ?? null;
    return icmp === null ? answer.kind : formatIcmpReason(icmp.type, icmp.code);
  }
}

function isContradiction(held: Answer, answer: Answer): boolean {
  return answer.testPacket === held.testPacket && isFinal(answer) && answer.kind !== held.kind;
}

function isFinal({ kind }: Answer): boolean {
  return STRENGTH[kind] === FINAL_STRENGTH;
}

function decoded(answer: Answer | null): DecodedPacket | null {
  if (answer === null) return null;
  const packet = decodePacket(answer.bytes);
  return packet.ok ? packet.value : null;
}
