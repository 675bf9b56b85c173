import {
  asAsked,
  bareVariant,
  nextVariants,
  type Variant,
  variantFindings,
  type VariantResult,
} from '../../analysis/path/vary.ts';
import type { TraceResult } from '../../probe/path/path-probe.ts';
import type { TraceJob } from '../../probe/path/path-session.ts';
import { compileOptions } from '../../wire/tcp-options.ts';
import { pathRecordsOf, type TraceContext } from '../../records/path/build.ts';
import type { HopRecord, PathRecord } from '../../records/path/records.ts';
import { craftSyn, synOptionsText, type SynSpec } from '../../probe/craft/syn-spec.ts';
import type { Source } from '../../transport/transport.ts';

/** A pair that a path leads to, and what its SYNs look like. */
export interface TriedPair extends Pick<TraceJob, 'target' | 'port'> {
  readonly source: Source;
  readonly spec: SynSpec;
  /** Two for each try: an older connection may hold the tuple of the first. */
  readonly sourcePorts: readonly number[];
  /** Try other options too. */
  readonly vary: boolean;
}

/** Source ports of a trace: an older connection may hold the tuple of the first. */
export const PORTS_A_TRY = 2;

/** The traces of one pair: one, or with `vary` as many as show which option makes the difference. */
export class PathTries {
  readonly #pair: TriedPair;
  readonly #results: VariantResult[] = [];
  #ahead: readonly Variant[];
  /** Of all tries. */
  #begun = 0;

  constructor(pair: TriedPair) {
    const { spec, source } = pair;
    this.#pair = pair;
    this.#ahead = [asAsked(synOptionsText(spec, source), { ecn: spec.ecn, payload: spec.payload.length > 0 })];
  }

  /** The next trace, or null when no more are needed. */
  next(): TraceJob | null {
    const [variant] = this.#ahead;
    if (variant === undefined) return null;
    const { source, target, port, sourcePorts } = this.#pair;
    const spec = specOf(this.#pair.spec, variant);
    const first = (this.#begun * PORTS_A_TRY) % Math.max(1, sourcePorts.length - 1);
    this.#begun++;
    const ports = sourcePorts.slice(first, first + PORTS_A_TRY);
    return {
      source: source.address,
      target,
      port,
      sourcePorts: ports,
      craft: crafterOf(spec, source),
      craftControl: crafterOf(specOf(spec, bareVariant(variant)), source),
      payloadLength: spec.payload.length,
      // The first trace has found that out for the others.
      awaitsArp: this.#begun === 1,
    };
  }

  /** Takes the result of the trace that `next` gave last. */
  add(result: TraceResult): void {
    const [variant, ...ahead] = this.#ahead;
    if (variant === undefined) return;
    this.#results.push({ variant, result });
    const [first, ...others] = this.#results;
    const isOver = !this.#pair.vary || result.interrupted || first === undefined;
    this.#ahead = isOver ? [] : ahead.length > 0 ? ahead : nextVariants([first, ...others]).filter(isPossible);
  }

  /** The records of all tries, what was asked first. */
  records({ responder, ...context }: Omit<TraceContext, 'variant' | 'findings'>): readonly (HopRecord | PathRecord)[] {
    const [first, ...others] = this.#results;
    if (first === undefined) return [];
    const findings = variantFindings([first, ...others]);
    return [first, ...others].flatMap((one) =>
      pathRecordsOf(one.result, {
        ...context,
        variant: one.variant,
        findings: one === first ? findings : [],
        responder: one === first ? responder : null,
      }),
    );
  }

  get results(): readonly TraceResult[] {
    return this.#results.map(({ result }) => result);
  }
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
