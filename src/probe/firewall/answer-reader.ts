import type { Address } from '../../wire/address.ts';
import { type Nanos, seq, seqDiff } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { icmpKind } from '../path/path-reply.ts';
import type { Answer, AnswerKind, TestPacket } from './firewall-test.ts';

const { SYN, RST, ACK, FIN } = TcpFlag;
const ICMP_REDIRECT = 5;

/** A captured packet that is to be read. */
export interface Captured {
  /** Loaded with `bytes`. */
  readonly view: PacketView;
  readonly bytes: Uint8Array;
  readonly at: Nanos;
}

/**
 * An answer, or a packet on a test packet's tuple without proof: `challenged` is set when it is a challenge
 * ACK.
 */
export type Reading = Answer | { readonly challenged: TestPacket | null };

/** Every packet that was sent to one target, found by what an answer shows. */
export class TestPacketLedger {
  /** The address that the packets were sent from. */
  readonly source: Address;
  readonly #byTuple: Map<number, readonly TestPacket[]> = new Map();
  readonly #bySeq: Map<number, TestPacket> = new Map();

  constructor(source: Address) {
    this.source = source;
  }

  add(testPacket: TestPacket): void {
    const key = keyOf(testPacket.port, testPacket.sourcePort);
    this.#byTuple.set(key, [testPacket, ...(this.#byTuple.get(key) ?? [])]);
    this.#bySeq.set(testPacket.seq, testPacket);
  }

  /** Those between the two ports, the latest first. */
  between(port: number, sourcePort: number): readonly TestPacket[] {
    return this.#byTuple.get(keyOf(port, sourcePort)) ?? [];
  }

  /** The one to `port` with that sequence number, even where a NAT changed our port in an ICMP quote. */
  quoted(port: number, seqNumber: number): TestPacket | null {
    const testPacket = this.#bySeq.get(seqNumber);
    return testPacket?.port === port ? testPacket : null;
  }
}

/**
 * Reads a packet that came from a target's address, or quotes a packet to it; null if it has to do with
 * none.
 */
export function readAnswer(captured: Captured, sent: TestPacketLedger, isLocal: (address: Address) => boolean): Reading | null {
  return captured.view.isTcp ? readTcp(captured, sent) : readIcmp(captured, sent, isLocal);
}

function readTcp({ view, bytes, at }: Captured, sent: TestPacketLedger): Reading | null {
  const testPackets = view.destination === sent.source ? sent.between(view.sourcePort, view.destinationPort) : [];
  const [latest] = testPackets;
  if (latest === undefined) return null;
  for (const testPacket of testPackets) {
    const kind = proofOf(testPacket, view);
    if (kind !== null) return { kind, testPacket, bytes: copyOf(bytes), at };
  }
  return { challenged: isChallenge(latest, view) ? latest : null };
}

function readIcmp({ view, bytes, at }: Captured, sent: TestPacketLedger, isLocal: (address: Address) => boolean): Reading | null {
  const testPacket = view.icmpType === ICMP_REDIRECT ? null : sent.quoted(view.quoteDestinationPort, view.quoteSeq);
  if (testPacket === null) return null;
  // A NAT may leave its own address and port in the quote; our address requires our port.
  if (view.quoteSource === sent.source && view.quoteSourcePort !== testPacket.sourcePort) return { challenged: null };
  const kind = icmpKind(view.icmpType, { from: view.source, target: view.quoteDestination }, isLocal);
  return { kind: kind === 'refused' ? 'icmp' : kind, testPacket, bytes: copyOf(bytes), at };
}

/** The numbers of a segment on a test packet's tuple. */
type Numbers = Pick<PacketView, 'flags' | 'seq' | 'ack'>;

/**
 * What a segment on a test packet's tuple is; null where its numbers do not prove that its sender has seen
 * the test packet. RFC 9293, 3.10.7.1: a reset of a segment with ACK has its acknowledgment number as SEQ; a
 * reset of any other acknowledges the segment's end. Some stacks leave data, SYN or FIN out of that, as
 * 3.10.7.3 allows. A SYN alone cannot be proven.
 */
export function proofOf(testPacket: TestPacket, reply: Numbers): AnswerKind | null {
  if ((reply.flags & RST) !== 0) return isProvenReset(testPacket, reply) ? 'rst' : null;
  if ((testPacket.flags & SYN) === 0 || (reply.flags & SYN) === 0) return null;
  if ((reply.flags & ACK) === 0) return 'syn';
  const acknowledged = seqDiff(seq(reply.ack), seq(testPacket.seq));
  return acknowledged >= 1 && acknowledged <= 1 + testPacket.payloadLength ? 'syn-ack' : null;
}

function isProvenReset(testPacket: TestPacket, reply: Numbers): boolean {
  if ((testPacket.flags & ACK) !== 0) return reply.seq === testPacket.ack;
  if ((reply.flags & ACK) === 0) return false;
  const length = testPacket.payloadLength + ((testPacket.flags & SYN) === 0 ? 0 : 1) + ((testPacket.flags & FIN) === 0 ? 0 : 1);
  const acknowledged = seqDiff(seq(reply.ack), seq(testPacket.seq));
  return acknowledged >= 0 && acknowledged <= length;
}

/** A bare ACK in answer to a SYN: the host remembers an older connection of that tuple (RFC 5961, 4). */
export function isChallenge(testPacket: TestPacket, reply: Numbers): boolean {
  return (testPacket.flags & SYN) !== 0 && (reply.flags & (SYN | RST | ACK)) === ACK;
}

/** A copy, also of a Buffer, whose `slice` makes none. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function keyOf(port: number, sourcePort: number): number {
  return port * 65_536 + sourcePort;
}
