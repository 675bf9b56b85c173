import type { Address } from '../../wire/address.ts';
import { type Change, type ChangedField, type ChangeValue, type PacketDiff, sameValue } from '../packet-diff/change.ts';
import type { HopView } from './hop-view.ts';

/** A change, and the hops between which it was made. */
export interface PlacedChange extends Change {
  /** The last hop whose quote showed the field as before; 0 is the sender. */
  readonly afterTtl: number;
  /** The first hop whose quote shows the change. */
  readonly atTtl: number;
  /** Addresses of the two; the source's for 0. */
  readonly between: readonly [Address | null, Address | null];
}

/** Fields that differ between probes: once altered, another value at the next hop is no second alteration. */
const OF_EACH_PROBE: ReadonlySet<ChangedField> = new Set<ChangedField>(['ip.id', 'tcp.option.ts', 'tcp.checksum']);

/** A field's value in the latest quote. */
interface Known {
  readonly ttl: number;
  readonly address: Address | null;
  /** Undefined while it is as sent. */
  readonly change: Change | undefined;
}

/**
 * Places each alteration between the last hop whose quote showed the field as before and the first that shows
 * it changed. Silent hops and short quotes widen the gap. A field that is altered twice makes two changes. A
 * TCP checksum that fits again at later hops was wrong in a quote only, or its cause was seen there.
 */
export function placeChanges(hops: readonly HopView[], source: Address): readonly PlacedChange[] {
  const fields = new Set(hops.flatMap(({ diff }) => diff?.changes.map(({ field }) => field) ?? []));
  return [...fields].flatMap((field) => placeField(field, hops, source)).toSorted((a, b) => a.atTtl - b.atTtl);
}

function placeField(field: ChangedField, hops: readonly HopView[], source: Address): readonly PlacedChange[] {
  const placed: PlacedChange[] = [];
  const showing = hops.filter(({ diff }) => diff !== null && (diff.shows(field) || changesOf(diff, field).length > 0));
  if (field === 'tcp.checksum' && changesOf(showing.at(-1)?.diff, field).length === 0) return [];
  let before: Known = { ttl: 0, address: source, change: undefined };
  let known = before;
  for (const { ttl, address, diff } of showing) {
    // Routers at one TTL are parallel: none is behind another.
    if (ttl > known.ttl) before = known;
    const changes = changesOf(diff, field);
    for (const change of changes) {
      if (isSame(change, before.change) || placed.some((one) => isSame(change, one))) continue;
      placed.push({ ...change, afterTtl: before.ttl, atTtl: ttl, between: [before.address, address] });
    }
    known = { ttl, address, change: changes.at(-1) };
  }
  return placed;
}

function changesOf(diff: PacketDiff | null | undefined, field: ChangedField): readonly Change[] {
  return diff?.changes.filter((one) => one.field === field) ?? [];
}

function isSame(a: Change, b: Change | undefined): boolean {
  if (b === undefined || a.how !== b.how) return false;
  return OF_EACH_PROBE.has(a.field) || sameValue(a.seen, b.seen);
}

/** The value in words: `1460`, `10.0.0.1`, `1000 (echo 0)`; `there` for one without content. */
export function formatValue(value: ChangeValue): string {
  if (value === null) return 'nothing';
  if (value === true) return 'there';
  if (typeof value === 'object') return value.echo === 0 ? String(value.value) : `${value.value} (echo ${value.echo})`;
  return String(value);
}
