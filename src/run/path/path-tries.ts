import {
  asAsked,
  bareVariant,
  nextVariants,
  type Variant,
  variantFindings,
  type VariantResult,
} from '../../analysis/path/vary.ts';
import { craftSyn, synOptionsText, type SynSpec } from '../../probe/craft/syn-spec.ts';
import type { TraceResult } from '../../probe/path/path-probe.ts';
import type { TraceJob } from '../../probe/path/path-session.ts';
import { pathRecordsOf, type TraceContext } from '../../records/path/build.ts';
import type { HopRecord, PathRecord } from '../../records/path/records.ts';
import type { Source } from '../../transport/transport.ts';
import { compileOptions } from '../../wire/tcp-options.ts';

/** A pair that a path leads to, and what its SYNs look like. */
interface TriedPair extends Pick<TraceJob, 'target' | 'port'> {
  readonly source: Source;
  readonly spec: SynSpec;
  /** Two for each try. */
  readonly sourcePorts: readonly number[];
  /** Try other options too. */
  readonly vary: boolean;
}

/** The results of a pair, that of what was asked first. */
export type TryResults = readonly [VariantResult, ...VariantResult[]];

/** Source ports of a trace: an older connection may hold the tuple of the first. */
export const PORTS_A_TRY = 2;

/** The traces of one pair: one, or with `vary` as many as show which option makes the difference. */
export function* tracePair(pair: TriedPair): Generator<TraceJob, TryResults, TraceResult> {
  const { spec, source, vary } = pair;
  const asked = asAsked(synOptionsText(spec, source), { ecn: spec.ecn, payload: spec.payload.length > 0 });
  let result = yield jobOf(pair, asked, 0);
  const results: [VariantResult, ...VariantResult[]] = [{ variant: asked, result }];
  let ahead: readonly Variant[] = [];
  if (!vary) return results;
  while (!result.interrupted) {
    const [variant, ...others] = ahead.length > 0 ? ahead : nextVariants(results).filter(isPossible);
    if (variant === undefined) break;
    result = yield jobOf(pair, variant, results.length);
    results.push({ variant, result });
    ahead = others;
  }
  return results;
}

/** The records of all tries. */
export function tryRecords(
  results: TryResults,
  { responder, ...context }: Omit<TraceContext, 'variant' | 'findings'>,
): readonly (HopRecord | PathRecord)[] {
  return results.flatMap(({ variant, result }, index) => {
    const whole = index === 0 ? { findings: variantFindings(results), responder } : { findings: [], responder: null };
    return pathRecordsOf(result, { ...context, variant, ...whole });
  });
}

/** `begun`: tries before this one. */
function jobOf({ source, target, port, sourcePorts, ...pair }: TriedPair, variant: Variant, begun: number): TraceJob {
  const spec = specOf(pair.spec, variant);
  const first = (begun * PORTS_A_TRY) % Math.max(1, sourcePorts.length - 1);
  return {
    source: source.address,
    target,
    port,
    sourcePorts: sourcePorts.slice(first, first + PORTS_A_TRY),
    craft: crafterOf(spec, source),
    craftControl: crafterOf(specOf(spec, bareVariant(variant)), source),
    payloadLength: spec.payload.length,
    // The first trace has found that out for the others.
    awaitsArp: begun === 0,
  };
}

function crafterOf(spec: SynSpec, source: Source): TraceJob['craft'] {
  return (ttl) => craftSyn({ ...spec, ttl }, source);
}

function specOf(spec: SynSpec, { options, ecn, payload }: Variant): SynSpec {
  return { ...spec, options, ecn, payload: payload ? spec.payload : new Uint8Array(0) };
}

/** An option list may not compile without one of its items, where raw bytes depend on each other. */
function isPossible({ options }: Variant): boolean {
  return compileOptions(options).ok;
}
