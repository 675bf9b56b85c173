import type { TraceResult } from '../../probe/path/path-probe.ts';
import { formatAddress } from '../../wire/address.ts';
import { type Finding, finding } from '../finding.ts';
import { codeOfChange, optionOfChange, valueInFinding } from '../packet-diff/change-code.ts';
import type { HopView } from './hop-view.ts';
import { describeChange } from './describe-change.ts';
import type { PlacedChange } from './place-changes.ts';

/** The findings of a trace; empty on a clean path. */
export function pathFindings(
  { final, control }: Pick<TraceResult, 'final' | 'control'>,
  changes: readonly PlacedChange[],
  hops: readonly HopView[],
): readonly Finding[] {
  return [...changes.flatMap(findingOf), ...answeredTooNear(final, control), ...hops.flatMap(ttlRaised)];
}

/** Proven by a router's quote. Fields that NATs and stacks rewrite without harm are changes, not findings. */
function findingOf(change: PlacedChange): readonly Finding[] {
  const code = codeOfChange(change);
  if (code === null) return [];
  const [sent, received] = [valueInFinding(change.sent), valueInFinding(change.seen)];
  const values = { option: optionOfChange(change), direction: 'forward', sent, received } as const;
  return [finding(code, 'proven', describeChange(change), values)];
}

/** Another port of the host needs a larger TTL: what answered is nearer than the host. */
function answeredTooNear(final: TraceResult['final'], control: TraceResult['control']): readonly Finding[] {
  const [expired] = control?.expired ?? [];
  if (final === null || control === null || expired === undefined) return [];
  const isReset = final.reason === 'rst';
  const { ttl } = final.probe;
  const beyond =
    control.answeredAt === null
      ? `no TTL up to ${control.expired.at(-1)?.ttl} reached that port`
      : `that port answers at TTL ${control.answeredAt}`;
  const detail =
    `A ${isReset ? 'reset' : 'SYN-ACK'} came back for TTL ${ttl}, but a SYN of that TTL to port ${control.port} of the same host expires at ` +
    `${formatAddress(expired.from)} (${beyond}): a device no farther than hop ${ttl} answers in the host's name, or forwards this port to a machine that is nearer. ` +
    'Routers that choose the path by port could look the same.';
  const code = isReset ? 'rst-injected' : 'syn-proxy';
  return [finding(code, 'likely', detail, { direction: 'forward', sent: ttl, received: control.answeredAt })];
}

/** No router may raise a TTL (RFC 1812, 5.3.1). */
function ttlRaised({ ttl, quotedTtl, address }: HopView): readonly Finding[] {
  if (quotedTtl === null || address === null || quotedTtl <= ttl) return [];
  const detail = `${formatAddress(address)} quotes the packet with TTL ${quotedTtl}, which left with ${ttl}: a device before it rewrites TTLs.`;
  return [finding('ttl-mismatch', 'proven', detail, { direction: 'forward', sent: ttl, received: quotedTtl })];
}
