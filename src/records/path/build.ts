import type { Finding } from '../../analysis/finding.ts';
import type { Variant } from '../../analysis/path/vary.ts';
import { pathFindings } from '../../analysis/path/path-findings.ts';
import { describeChange } from '../../analysis/path/describe-change.ts';
import { type SynAtResponder, viewFromResponder } from '../../analysis/path/responder-view.ts';
import { type HopView, viewHops } from '../../analysis/path/hop-view.ts';
import { placeChanges, type PlacedChange } from '../../analysis/path/place-changes.ts';
import type { PathAnswer, TraceResult } from '../../probe/path/path-probe.ts';
import type { LocalView } from '../../probe/responder/local-view.ts';
import type { PortState } from '../../probe/verdict.ts';
import { errnoName } from '../../transport/errno.ts';
import { type Address, formatAddress } from '../../wire/address.ts';
import { toNanosecond } from '../probe/build.ts';
import type { ResponderPart } from '../responder-record.ts';
import type { HopRecord, PathChange, PathRecord } from './records.ts';

/** What a report says of a trace beside its result. */
export interface TraceContext {
  readonly hostname: string | null;
  readonly variant: Pick<Variant, 'name' | 'options'>;
  /** What only several tries together show. */
  readonly findings: readonly Finding[];
  /** The name of an address, or null. */
  readonly nameOf: (address: Address) => string | null;
  /** What a responder says; null where none was asked. */
  readonly responder: PathResponder | null;
}

/** What is known from a connection of its own to a responder. */
export interface PathResponder extends ResponderPart {
  readonly verdict: Pick<LocalView, 'state' | 'reason' | 'from'>;
  /** Null where the SYN is not known to have arrived. */
  readonly seen: SynAtResponder | null;
}

/** The records of one trace: a hop for each router at each TTL, then the path. */
export function pathRecordsOf(result: TraceResult, context: TraceContext): readonly [...HopRecord[], PathRecord] {
  const routers = viewHops(result);
  const seen = result.final === null ? (context.responder?.seen ?? null) : null;
  const views = seen === null ? routers : [...routers, viewFromResponder(seen, routers)];
  const changes = placeChanges(views, result.source);
  return [...views.map((view) => hopRecord(view, result, context)), pathRecord(result, views, changes, context)];
}

function hopRecord(view: HopView, result: TraceResult, context: TraceContext): HopRecord {
  const { ttl, address, rttMs, sent, reply, quotedBytes, quotedTtl, diff, extensions } = view;
  return {
    type: 'hop',
    target: formatAddress(result.target),
    port: result.port,
    variant: context.variant.name,
    ttl,
    address: address === null ? null : formatAddress(address),
    name: address === null ? null : context.nameOf(address),
    rttMs: rttMs.map(toNanosecond),
    sent,
    reply,
    quotedBytes,
    quotedTtl,
    changes: diff?.changes ?? [],
    extensions,
  };
}

function pathRecord(
  result: TraceResult,
  views: readonly HopView[],
  changes: readonly PlacedChange[],
  context: TraceContext,
): PathRecord {
  const { final, target, port } = result;
  return {
    type: 'path',
    target: formatAddress(target),
    hostname: context.hostname,
    port,
    variant: context.variant.name,
    options: context.variant.options,
    reached: isReached(result) || (final === null && context.responder?.verdict.state === 'open'),
    ...verdictOf(result, context.responder),
    hops: views.at(-1)?.ttl ?? 0,
    changes: changes.map(pathChange),
    findings: [...context.findings, ...pathFindings(result, changes, views), ...responderFindings(context.responder)],
    expectation: null,
    ...(context.responder === null ? {} : { responder: context.responder.responder }),
  };
}

/** The target itself answered, and not a nearer device in its place. */
function isReached({ final, target, control }: TraceResult): boolean {
  return final !== null && final.kind !== 'local' && final.from === target && (control?.expired.length ?? 0) === 0;
}

function pathChange(change: PlacedChange): PathChange {
  const { field, sent, seen, how, afterTtl, atTtl, between } = change;
  const [before, after] = between;
  const names = [before === null ? null : formatAddress(before), after === null ? null : formatAddress(after)] as const;
  return { field, sent, seen, how, afterTtl, atTtl, between: names, detail: describeChange(change) };
}

/** What the trace shows; where it met silence, what the connection to the responder came to. */
function verdictOf(
  { final, errno, interrupted }: TraceResult,
  responder: PathResponder | null,
): Pick<PathRecord, 'state' | 'reason' | 'from'> {
  if (final !== null) return { state: stateOf(final), reason: final.reason, from: formatAddress(final.from) };
  if (errno !== 0) return { state: 'error', reason: `send-error:${errnoName(errno)}`, from: null };
  if (responder !== null) {
    const { state, reason, from } = responder.verdict;
    return { state, reason, from: from === null ? null : formatAddress(from) };
  }
  return interrupted ? { state: null, reason: null, from: null } : { state: 'filtered', reason: 'no-response', from: null };
}

/**
 * Without forward changes, which stand at their place on the path, but for the fate of the SYN as a whole.
 */
function responderFindings(responder: PathResponder | null): readonly Finding[] {
  const whole: readonly string[] = ['syn-dropped', 'reply-dropped'];
  return responder?.findings.filter(({ code, direction }) => direction !== 'forward' || whole.includes(code)) ?? [];
}

function stateOf({ kind, reason }: PathAnswer): PortState {
  if (kind === 'local') return 'error';
  if (kind !== 'tcp') return 'filtered';
  return reason === 'rst' ? 'closed' : 'open';
}
