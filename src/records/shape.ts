import type { ResponderReplyStatus } from '../analysis/both-ends/responder-silence.ts';
import type { ClosedBy } from '../analysis/handshake/exchange.ts';
import type { EcnOutcome } from '../analysis/handshake/ecn.ts';
import type { PeerState } from '../analysis/handshake/peer-states.ts';
import type { MssChange, MssEvidenceName } from '../analysis/mss/mss-verdict.ts';
import type { Certainty, Direction, FindingCode } from '../analysis/finding.ts';
import type { Policy } from '../analysis/firewall/judge-target.ts';
import type { ChangedField, ChangeManner } from '../analysis/packet-diff/change.ts';
import type { TcpState } from '../probe/connection/connection-state.ts';
import type { TestKind } from '../probe/firewall/battery.ts';
import type { Purpose } from '../probe/handshake/investigation.ts';
import type { ProofCarrier } from '../probe/responder/proof.ts';
import type { AttemptFate } from '../probe/responder/report.ts';
import type { ExchangeFailure } from '../probe/responder/report-exchange.ts';
import type { PortState } from '../probe/verdict.ts';
import type { ClockName, EngineName, SendPathName } from '../transport/transport.ts';

/** What plain values are in TypeScript. */
export type ScalarTypes = Readonly<
  { null: null; bool: boolean } & Record<'text' | 'address' | 'hex' | 'time', string> &
    Record<'number' | 'ms' | 'seconds' | 'count' | 'bytes' | 'portNumber' | 'ttl' | 'u8' | 'u16' | 'u32', number>
>;

/** Lists of words by their names. */
export interface WordTypes {
  readonly state: PortState;
  readonly engine: EngineName;
  readonly clock: ClockName;
  readonly sendPathName: SendPathName;
  readonly findingCode: FindingCode;
  readonly certainty: Certainty;
  readonly findingDirection: Direction;
  readonly changedField: ChangedField;
  readonly changeManner: ChangeManner;
  readonly responderStatus: 'reported' | ResponderReplyStatus | ExchangeFailure;
  readonly attemptFate: AttemptFate;
  readonly proofCarrier: ProofCarrier;
  readonly mssEvidence: MssEvidenceName;
  readonly mssChange: MssChange;
  readonly purpose: Purpose;
  readonly tcpState: TcpState;
  readonly peerState: PeerState;
  readonly closedBy: ClosedBy;
  readonly ecnOutcome: EcnOutcome;
  readonly testKind: TestKind;
  readonly policy: Policy;
  readonly severity: 'ok' | 'note' | 'problem';
}

/**
 * A field.
 * `type`: a name of `ScalarTypes` or `WordTypes`, another shape, `"text"` or a number for itself;
 * `X[]` is a list, `X[2]` a pair, ` | ` separates alternatives.
 * `columns`: its CSV columns where they are not one of its own name, separated by spaces; empty for none.
 * Each is a path from the field on: `path` or `name=path`; `+path` has the field's name before it.
 */
export type Field = readonly [type: string, sentence: string, columns?: string];

/**
 * An object, `$about` and its fields in the order of the JSON text: a name that ends in `?` may be left
 * out. Or an alias.
 */
export interface Shape {
  readonly $about: string;
  /** The type that it is another name for. */
  readonly $is?: string;
  readonly [field: string]: Field | string;
}

/** The fields of an object; none of an alias. */
export function fieldsOf(shape: Shape): readonly (readonly [name: string, field: Field])[] {
  return Object.entries(shape).flatMap(([name, field]) => (typeof field === 'string' ? [] : [[name, field] as const]));
}

/** The TypeScript type of the shape `K` of `S`. */
export type ShapeOf<S, K extends keyof S> = S[K] extends { readonly $is: infer T extends string }
  ? ValueOf<S, T>
  : Flat<RequiredFields<S, S[K]> & OptionalFields<S, S[K]>>;

type RequiredFields<S, F> = { readonly [N in keyof F as N extends '$about' | `${string}?` ? never : N]: FieldValue<S, F[N]> };
type OptionalFields<S, F> = { readonly [N in keyof F as N extends `${infer Name}?` ? Name : never]?: FieldValue<S, F[N]> };
type FieldValue<S, F> = F extends readonly [infer T extends string, ...unknown[]] ? ValueOf<S, T> : never;
type Flat<T> = { [K in keyof T]: T[K] };

type ValueOf<S, T extends string> = T extends `${infer A} | ${infer B}`
  ? ValueOf<S, A> | ValueOf<S, B>
  : T extends `${infer A}[2]`
    ? readonly [ValueOf<S, A>, ValueOf<S, A>]
    : T extends `${infer A}[]`
      ? readonly ValueOf<S, A>[]
      : NamedValue<S, T>;

type NamedValue<S, T extends string> = T extends `"${infer Literal}"`
  ? Literal
  : T extends `${infer N extends number}`
    ? N
    : T extends keyof ScalarTypes
      ? ScalarTypes[T]
      : T extends keyof WordTypes
        ? WordTypes[T]
        : T extends keyof S
          ? ShapeOf<S, T>
          : never;
