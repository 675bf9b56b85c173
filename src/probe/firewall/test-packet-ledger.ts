import type { TestPacket } from './firewall-test.ts';

/** Every packet that was sent to one target, found again by what an answer says. */
export class TestPacketLedger {
  readonly #byTuple: Map<number, TestPacket[]> = new Map();
  readonly #bySeq: Map<number, TestPacket> = new Map();

  add(testPacket: TestPacket): void {
    const key = keyOf(testPacket.port, testPacket.sourcePort);
    const testPackets = this.#byTuple.get(key);
    if (testPackets === undefined) this.#byTuple.set(key, [testPacket]);
    else testPackets.unshift(testPacket);
    this.#bySeq.set(testPacket.seq, testPacket);
  }

  /** Those between the two ports, the latest first. */
  between(port: number, sourcePort: number): readonly TestPacket[] {
    return this.#byTuple.get(keyOf(port, sourcePort)) ?? [];
  }

  /** The one to `port` with that sequence number: what an ICMP error quotes, also where a NAT changed our port. */
  quoted(port: number, seq: number): TestPacket | null {
    const testPacket = this.#bySeq.get(seq);
    return testPacket?.port === port ? testPacket : null;
  }
}

function keyOf(port: number, sourcePort: number): number {
  return port * 65_536 + sourcePort;
}
