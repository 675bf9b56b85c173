import type { TcpOption } from '../../wire/decoded.ts';

/** Fields of IP and TCP that a path should not alter. */
export type HeaderField =
  | `ip.${'dscp' | 'ecn' | 'id' | 'df' | 'src' | 'dst' | 'len'}`
  | `tcp.${'sport' | 'dport' | 'seq' | 'ack' | 'reserved' | 'flags' | 'window' | 'checksum' | 'urgent' | 'payload'}`;

/** Or an option: `tcp.option.mss`; `tcp.option.nop` for fillers, `tcp.option.order` for their order. */
export type ChangedField = HeaderField | `tcp.option.${string}`;

/** A number, text (addresses, flags, hex), or what an option carries besides its kind. Null: absent. */
export type ChangeValue = number | string | boolean | { readonly value: number; readonly echo: number } | null;

/** How a field changed. `overwritten`: NOPs replaced the option, and the header kept its length. */
export type ChangeManner = 'rewritten' | 'removed' | 'overwritten' | 'added' | 'reordered';

/** One field in which a packet differs from what was sent. */
export interface Change {
  readonly field: ChangedField;
  readonly sent: ChangeValue;
  readonly seen: ChangeValue;
  readonly how: ChangeManner;
}

/** What a seen packet shows in comparison with the sent one. */
export interface PacketDiff {
  /** In the order of the headers. */
  readonly changes: readonly Change[];
  /** Whether the packet shows this field: one that a short quote hides is unknown, not unchanged. */
  readonly shows: (field: ChangedField) => boolean;
}

/** The field of an option. */
export function optionField(name: string): ChangedField {
  return `tcp.option.${name}`;
}

/** What an option carries besides its kind: a number, a pair, hex, or true for one without content. */
export function optionValue(option: TcpOption): ChangeValue {
  if ('echo' in option) return { value: option.value, echo: option.echo };
  if ('value' in option) return option.value;
  if ('cookie' in option) return option.cookie;
  return 'data' in option ? option.data : true;
}

/** Whether two values are equal. */
export function sameValue(a: ChangeValue, b: ChangeValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  return a.value === b.value && a.echo === b.echo;
}
