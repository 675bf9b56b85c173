import type { Shot } from './firewall-test.ts';

/** Every packet that was sent to one target, found again by what an answer says. */
export class ShotLedger {
  readonly #byTuple: Map<number, Shot[]> = new Map();
  readonly #bySeq: Map<number, Shot> = new Map();

  add(shot: Shot): void {
    const key = keyOf(shot.port, shot.sourcePort);
    const shots = this.#byTuple.get(key);
    if (shots === undefined) this.#byTuple.set(key, [shot]);
    else shots.unshift(shot);
    this.#bySeq.set(shot.seq, shot);
  }

  /** Those between the two ports, the latest first. */
  between(port: number, sourcePort: number): readonly Shot[] {
    return this.#byTuple.get(keyOf(port, sourcePort)) ?? [];
  }

  /** The one to `port` with that sequence number: what an ICMP error quotes, also where a NAT changed our port. */
  quoted(port: number, seq: number): Shot | null {
    const shot = this.#bySeq.get(seq);
    return shot?.port === port ? shot : null;
  }
}

function keyOf(port: number, sourcePort: number): number {
  return port * 65_536 + sourcePort;
}
