import { encodeOptions, MAX_OPTION_BYTES } from '../../../src/wire/tcp-options.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { syn, synAck, tcp, type Match } from '../match.ts';
import { rewrite, when, type Middlebox } from '../middlebox.ts';
import { destinationOf, destinationPortOf, optionsOf, sourceOf, sourcePortOf } from '../packet.ts';
import { withOptions } from '../packet-edit.ts';

const NOP: TcpOption = { kind: 1, name: 'nop' };

/** Changes the options of SYNs and SYN-ACKs; a list that exceeds 40 bytes is left unchanged. */
export function changeOptions(change: (options: readonly TcpOption[]) => readonly TcpOption[], match: Match = tcp): Middlebox {
  const box = rewrite((packet) => {
    const options = change(optionsOf(packet));
    return encodeOptions(options).length > MAX_OPTION_BYTES ? packet : withOptions(packet, options);
  });
  return when((packet) => (syn(packet) || synAck(packet)) && match(packet), box);
}

/** Removes option `kind`; the header shrinks. */
export function stripOption(kind: number): Middlebox {
  return changeOptions((options) => options.filter((one) => one.kind !== kind));
}

/**
 * Writes NOPs over option `kind`; the header keeps its length (iptables TCPOPTSTRIP, nft `reset tcp
 * option`).
 */
export function padOption(kind: number): Middlebox {
  return changeOptions((options) =>
    options.flatMap((one) => (one.kind === kind ? Array.from(encodeOptions([one]), () => NOP) : [one])),
  );
}

/** Puts options in the order of `kinds`; others follow in their own order. */
export function reorderOptions(...kinds: readonly number[]): Middlebox {
  const rank = (option: TcpOption): number => (kinds.includes(option.kind) ? kinds.indexOf(option.kind) : kinds.length);
  return changeOptions((options) => [...options].toSorted((a, b) => rank(a) - rank(b)));
}

/** Replaces option `kind` by the result of `change`. */
export function rewriteOption(kind: number, change: (option: TcpOption) => TcpOption): Middlebox {
  return changeOptions((options) => options.map((one) => (one.kind === kind ? change(one) : one)));
}

/** Puts `option` first. */
export function addOption(option: TcpOption): Middlebox {
  return changeOptions((options) => [option, ...options]);
}

/**
 * `down` only lowers the MSS (iptables TCPMSS, nft `maxseg size set`); `set` writes it in any case. Both
 * rewrite the first MSS option, as those tools do, or `all`.
 */
export function clampMss(value: number, mode: 'set' | 'down', which: 'first' | 'all' = 'first'): Middlebox {
  return changeOptions((options) => {
    const first = options.findIndex(({ kind }) => kind === 2);
    return options.map((option, place) => {
      if (option.name !== 'mss' || !('value' in option)) return option;
      const isMeant = (which === 'all' || place === first) && (mode === 'set' || option.value > value);
      return isMeant ? { ...option, value } : option;
    });
  });
}

/** Adds `offset` to every TSval but leaves the echo: half of a timestamp rewriter. */
export function shiftTimestamps(offset: number): Middlebox {
  return rewriteOption(8, (option) =>
    option.name === 'ts' && 'value' in option ? { ...option, value: (option.value + offset) >>> 0 } : option,
  );
}

/** Two halves of one middlebox that sees both directions. */
export interface TwoWay {
  readonly forward: Middlebox;
  readonly reverse: Middlebox;
}

const noLists = (): Map<string, readonly TcpOption[]> => new Map();

/** Gives every SYN-ACK the options of its SYN. */
export function mirrorOptions(): TwoWay {
  const key = {};
  return {
    forward: when(syn, (packet, { remember }) => {
      remember(key, noLists).set(`${sourceOf(packet)}:${sourcePortOf(packet)}`, optionsOf(packet));
      return [{ packet, way: 'onward', delay: 0 }];
    }),
    reverse: when(
      synAck,
      rewrite((packet, { remember }) => {
        const options = remember(key, noLists).get(`${destinationOf(packet)}:${destinationPortOf(packet)}`);
        return options === undefined ? packet : withOptions(packet, options);
      }),
    ),
  };
}
