import type { Network } from '../../network/network.ts';
import type { GuardAsk } from '../firewall-network.ts';

/** What must come out for one port. Fields that are not named do not matter, but for findings: none are named, none may be there. */
export interface ExpectedGuard {
  readonly policy: string;
  readonly stateful?: boolean | null;
  readonly proxy?: boolean | null;
  readonly answeredBy?: 'host' | 'middlebox' | null;
  /** `code:option certainty`. */
  readonly findings?: readonly string[];
  /** What the verdict says. */
  readonly says?: RegExp;
  readonly rateLimit?: readonly [number, number] | null;
}

/** A network, what is asked of it, and what must come out, by port. */
export interface GuardScenario {
  readonly name: string;
  readonly network: Network;
  readonly ask: GuardAsk;
  readonly expect: Readonly<Record<number, ExpectedGuard>>;
}

/** An open port of a server four hops away, on a clean path. */
export const OPEN: ExpectedGuard = {
  policy: 'open',
  stateful: false,
  proxy: false,
  answeredBy: 'host',
  says: /^open, answered by the host at hop 4; bare ACKs reach it, no stateful filter seen/,
};
/** A closed one. */
export const CLOSED: ExpectedGuard = {
  policy: 'closed',
  stateful: false,
  proxy: null,
  answeredBy: 'host',
  says: /^closed, reset by the host at hop 4/,
};
