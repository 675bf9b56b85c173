/** What is known when a verdict comes; bits of a set. */
export const Fact = {
  RESET: 1, // The answer is a reset, and nothing contradicts it.
  SYN_ACK: 2, // The answer is a SYN-ACK, or one came beside it.
  LIKE_HOST: 4, // The answer looks like the target's SYN-ACKs.
  ONE_PORT: 8, // Each target has one port.
  SMALL_RUN: 16, // The run has no more pairs than records may wait.
  SETTLED: 32, // SYN-ACKs from one distance lead by so many that they are the target's usual ones.
  FULL: 64, // No more records may wait.
  RARE: 128, // A reset unlike most resets of its target that wait.
} as const;

/**
 * `last-verdict`: the last one about the target.
 * `lead`: SYN-ACKs that settle what is usual; two seconds at most, unless it is a rare reset.
 */
export type WaitsFor = 'nothing' | 'last-verdict' | 'lead';

interface WaitRule {
  readonly name: string;
  /** Bits that must be set, and bits that must not. */
  readonly when: number;
  readonly unless: number;
  readonly waitsFor: WaitsFor;
}

/**
 * What a record waits for, so that no order of probes and answers decides what is found: a SYN-ACK is
 * conspicuous only beside the target's others, a reset beside its SYN-ACKs. The first rule that holds
 * decides.
 */
export const WAIT_RULES: readonly WaitRule[] = [
  // Silence and ICMP errors are not compared with other ports.
  { name: 'no TCP answer', when: 0, unless: Fact.RESET | Fact.SYN_ACK, waitsFor: 'nothing' },
  // No SYN-ACK that comes later makes a finding of it.
  { name: 'usual', when: Fact.LIKE_HOST, unless: 0, waitsFor: 'nothing' },
  // There is no other port to compare with.
  { name: 'one port', when: Fact.ONE_PORT, unless: 0, waitsFor: 'nothing' },
  // Enough SYN-ACKs have come to judge it by.
  { name: 'known target', when: Fact.SETTLED, unless: Fact.SMALL_RUN, waitsFor: 'nothing' },
  // Memory is bounded; a rare reset takes the place of an ordinary one.
  { name: 'no room', when: Fact.FULL, unless: Fact.RARE, waitsFor: 'nothing' },
  // All answers of the target are compared with each other.
  { name: 'small run', when: Fact.SMALL_RUN, unless: 0, waitsFor: 'last-verdict' },
  // The last verdict about the target may be far away.
  { name: 'large run', when: 0, unless: 0, waitsFor: 'lead' },
];

/** By the set of facts. */
const DECISIONS: readonly WaitsFor[] = Array.from(
  { length: 2 * Fact.RARE },
  (_, facts) => WAIT_RULES.find(({ when, unless }) => (facts & when) === when && (facts & unless) === 0)?.waitsFor ?? 'nothing',
);

/** What a record waits for when these facts are known. */
export function waitsFor(facts: number): WaitsFor {
  return DECISIONS[facts] ?? 'nothing';
}
