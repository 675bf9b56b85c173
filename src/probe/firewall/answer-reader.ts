import type { Address } from '../../wire/address.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import type { TransmitQueue } from '../session/transmit-queue.ts';
import type { FirewallPlan, FirewallStats } from './firewall-plan.ts';
import { type AnswerKind, FirewallTest, type TestPacket } from './firewall-test.ts';
import { isChallenge, proofOf } from './proof.ts';
import type { TargetCase } from './target-case.ts';

const ICMP_UNREACHABLE = 3;
const ICMP_REDIRECT = 5;
const ICMP_TIME_EXCEEDED = 11;

/** Decides whose answer a captured packet is, and hands it to whoever sent what it answers. What proves nothing is counted and decides nothing. */
export class AnswerReader {
  readonly #plan: FirewallPlan;
  readonly #cases: ReadonlyMap<number, TargetCase>;
  readonly #transmitQueue: TransmitQueue;
  readonly #stats: FirewallStats;
  readonly #ours: ReadonlySet<number>;
  readonly #view: PacketView = new PacketView();

  constructor(plan: FirewallPlan, cases: ReadonlyMap<number, TargetCase>, transmitQueue: TransmitQueue, stats: FirewallStats) {
    this.#plan = plan;
    this.#cases = cases;
    this.#transmitQueue = transmitQueue;
    this.#stats = stats;
    this.#ours = new Set(plan.sourcePorts);
  }

  /** Takes one captured packet, valid during the call. */
  receive(packet: Uint8Array, at: Nanos): void {
    if (!this.#view.load(packet, 0, packet.length)) return;
    if (this.#view.isTcp) this.#receiveTcp(packet, at);
    else this.#receiveIcmp(packet, at);
  }

  #receiveTcp(packet: Uint8Array, at: Nanos): void {
    const view = this.#view;
    if (this.#ours.has(view.sourcePort) && this.#transmitQueue.stamp(packet, 0, packet.length, at)) return;
    if (!this.#ours.has(view.destinationPort)) return;
    const target = this.#caseOf(view.source);
    if (target === undefined || view.destination !== target.task.craft.source) return;
    const testPackets = target.ledger.between(view.sourcePort, view.destinationPort);
    for (const testPacket of testPackets) {
      const kind = proofOf(testPacket, view);
      if (kind !== null) return this.#give(target, { kind, testPacket, bytes: copied(packet), at });
    }
    if (testPackets.length > 0) this.#reject(testPackets[0] as TestPacket);
  }

  #receiveIcmp(packet: Uint8Array, at: Nanos): void {
    const view = this.#view;
    if (view.icmpType === ICMP_REDIRECT) return;
    const target = this.#caseOf(view.quoteDestination);
    const testPacket = target?.ledger.quoted(view.quoteDestinationPort, view.quoteSeq) ?? null;
    if (target === undefined || testPacket === null) return;
    // A NAT may leave its own address and port in the quote; beside our address stands our port.
    const isOurs = view.quoteSource !== target.task.craft.source || view.quoteSourcePort === testPacket.sourcePort;
    if (!isOurs) this.#stats.repliesRejected++;
    else this.#give(target, { kind: this.#icmpKind(), testPacket, bytes: copied(packet), at });
  }

  #icmpKind(): AnswerKind {
    const view = this.#view;
    if (view.icmpType === ICMP_TIME_EXCEEDED) return 'expired';
    const { routes } = this.#plan;
    const isLocal = view.icmpType === ICMP_UNREACHABLE && routes.isLocal(view.source) && !routes.isLocal(view.quoteDestination);
    return isLocal ? 'local' : 'icmp';
  }

  #give(target: TargetCase, answer: Parameters<TargetCase['learn']>[0]): void {
    this.#stats.repliesReceived++;
    target.learn(answer);
    answer.testPacket.taker.take(answer);
  }

  #reject(testPacket: TestPacket): void {
    this.#stats.repliesRejected++;
    if (testPacket.taker instanceof FirewallTest && isChallenge(testPacket, this.#view)) testPacket.taker.challenge(testPacket);
  }

  #caseOf(address: Address): TargetCase | undefined {
    const index = this.#plan.targets.indexOf(address);
    return index < 0 ? undefined : this.#cases.get(index);
  }
}

/** A copy, also where an engine hands out a Buffer, whose `slice` is none. */
function copied(packet: Uint8Array): Uint8Array {
  return new Uint8Array(packet);
}
