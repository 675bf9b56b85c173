import type { TcpOption } from '../../wire/decoded.ts';
import { decodeOptions, encodeOptions } from '../../wire/tcp-options.ts';
import { NO_OPERATION } from '../../wire/bytes.ts';
import { type Change, type ChangedField, type PacketDiff, optionField, optionValue, sameValue } from './change.ts';

/** The option area of a packet, as far as it is present. */
export interface OptionArea {
  readonly bytes: Uint8Array;
  /** Bytes that the header announces; those that are missing are unknown. */
  readonly announced: number;
}

/** An option other than a filler, and where its bytes are. */
interface Placed {
  readonly option: TcpOption;
  readonly start: number;
  readonly end: number;
}

/** What can be read of an area. */
interface Reading {
  readonly area: OptionArea;
  readonly placed: readonly Placed[];
  /** True when everything announced is present. */
  readonly complete: boolean;
  /** Kind of the option that the end of the area cuts, or null. */
  readonly cutKind: number | null;
}

/** A sent option and the one seen in its place; null when there is none. */
interface Pairing {
  readonly sent: Placed;
  readonly seen: Placed | null;
}

/**
 * Compares the options of a sent packet (all of them) with those seen later. Fillers (NOP, EOL) follow from
 * other changes; a different number of them counts as a change only when nothing else changed.
 */
export function diffOptions(sent: Uint8Array, seen: OptionArea): PacketDiff {
  const before = readArea({ bytes: sent, announced: sent.length });
  const after = readArea(seen);
  const { pairings, added } = pairUp(before, after);
  const changes = [
    ...pairings.flatMap((pairing) => changeOf(pairing, pairings, after)),
    ...added.map(({ option }): Change => ({ field: fieldOf(option), sent: null, seen: optionValue(option), how: 'added' })),
    ...reordered(pairings),
  ];
  return {
    changes: changes.length > 0 ? changes : fillerChange(sent, after),
    shows: (field) => isShown(field, pairings, after),
  };
}

function readArea(area: OptionArea): Reading {
  const complete = area.bytes.length >= area.announced;
  const placed: Placed[] = [];
  const options = decodeOptions(area.bytes);
  let cutKind: number | null = null;
  let start = 0;
  for (const [index, option] of options.entries()) {
    const end = start + encodeOptions([option]).length;
    const isCut = !complete && option.name === 'malformed' && index === options.length - 1;
    if (isCut) cutKind = option.kind;
    else if (option.kind > NO_OPERATION) placed.push({ option, start, end });
    start = end;
  }
  return { area, placed, complete, cutKind };
}

/** Options of one kind are paired in order. */
function pairUp(before: Reading, after: Reading): { readonly pairings: readonly Pairing[]; readonly added: readonly Placed[] } {
  const left = [...after.placed];
  const pairings = before.placed.map((sent): Pairing => {
    const index = left.findIndex(({ option }) => option.kind === sent.option.kind);
    return { sent, seen: index < 0 ? null : (left.splice(index, 1)[0] ?? null) };
  });
  return { pairings, added: left };
}

function changeOf(pairing: Pairing, pairings: readonly Pairing[], after: Reading): readonly Change[] {
  const { sent, seen } = pairing;
  const was = { field: fieldOf(sent.option), sent: optionValue(sent.option) };
  if (seen !== null) {
    const value = optionValue(seen.option);
    return sameValue(was.sent, value) ? [] : [{ ...was, seen: value, how: 'rewritten' }];
  }
  if (isOverwritten(sent, after.area)) return [{ ...was, seen: null, how: 'overwritten' }];
  return isGone(pairing, pairings, after) ? [{ ...was, seen: null, how: 'removed' }] : [];
}

/** NOPs have replaced it. */
function isOverwritten({ start, end }: Placed, { bytes }: OptionArea): boolean {
  return end <= bytes.length && bytes.subarray(start, end).every((byte) => byte === NO_OPERATION);
}

/** In a cut area it was removed if one sent after it is present: few devices move options. */
function isGone(pairing: Pairing, pairings: readonly Pairing[], { complete, cutKind }: Reading): boolean {
  if (complete) return true;
  if (pairing.sent.option.kind === cutKind) return false;
  const behind = pairings.slice(pairings.indexOf(pairing) + 1);
  return behind.some(({ sent, seen }) => seen !== null || sent.option.kind === cutKind);
}

function reordered(pairings: readonly Pairing[]): readonly Change[] {
  const kept = pairings.filter((pairing) => pairing.seen !== null);
  const now = kept.toSorted((a, b) => (a.seen as Placed).start - (b.seen as Placed).start);
  if (kept.every((pairing, index) => pairing === now[index])) return [];
  return [{ field: optionField('order'), sent: namesOf(kept), seen: namesOf(now), how: 'reordered' }];
}

function namesOf(pairings: readonly Pairing[]): string {
  return pairings.map(({ sent }) => sent.option.name).join(',');
}

/** A cut area tells nothing: an apparent filler may be the first byte of an overwritten option. */
function fillerChange(sent: Uint8Array, { area, complete }: Reading): readonly Change[] {
  const { bytes } = area;
  const isSame = sent.length === bytes.length && sent.every((byte, index) => byte === bytes[index]);
  if (!complete || isSame) return [];
  return [{ field: optionField('nop'), sent: fillersIn(sent), seen: fillersIn(bytes), how: 'rewritten' }];
}

function fillersIn(bytes: Uint8Array): number {
  return decodeOptions(bytes).filter(({ kind }) => kind <= NO_OPERATION).length;
}

function isShown(field: ChangedField, pairings: readonly Pairing[], { complete }: Reading): boolean {
  return complete || pairings.some(({ sent, seen }) => seen !== null && fieldOf(sent.option) === field);
}

function fieldOf(option: TcpOption): ChangedField {
  return optionField(option.name === 'malformed' ? `kind-${option.kind}` : option.name);
}
