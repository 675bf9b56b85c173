import type { TcpOption } from '../decoded.ts';
import {
  authenticationCodec,
  experimentCodec,
  fastOpenCodec,
  md5SignatureCodec,
  multipathCodec,
  sackCodec,
} from './data-options.ts';
import { mssCodec, timestampsCodec, wscaleCodec } from './number-options.ts';
import type { OptionCodec, OptionName, OptionNamed } from './option-codec.ts';
import { eolCodec, nopCodec, sackPermittedCodec } from './word-options.ts';

/** Every TCP option with a name. A name of `OptionName` without its line here does not compile. */
const OPTION_TABLE: { readonly [N in OptionName]: OptionCodec<OptionNamed<N>> } = {
  eol: eolCodec,
  nop: nopCodec,
  mss: mssCodec,
  wscale: wscaleCodec,
  sackOK: sackPermittedCodec,
  sack: sackCodec,
  ts: timestampsCodec,
  md5: md5SignatureCodec,
  ao: authenticationCodec,
  mptcp: multipathCodec,
  tfo: fastOpenCodec,
  exp: experimentCodec,
};

const CODECS: readonly OptionCodec<TcpOption>[] = Object.values(OPTION_TABLE);
const BY_KIND: ReadonlyMap<number, OptionCodec<TcpOption>> = new Map(
  CODECS.flatMap((codec) => codec.kinds.map((kind) => [kind, codec] as const)),
);
const BY_WORD: ReadonlyMap<string, OptionCodec<TcpOption>> = new Map(CODECS.map((codec) => [codec.name.toLowerCase(), codec]));

/** The codec of a kind number, if the kind has a name here. */
export function codecOfKind(kind: number): OptionCodec<TcpOption> | undefined {
  return BY_KIND.get(kind);
}

/** The codec of a word of an option list, in either case. */
export function codecOfWord(word: string): OptionCodec<TcpOption> | undefined {
  return BY_WORD.get(word.toLowerCase());
}

/** How each option is written, in table order. */
export function optionSyntax(): readonly string[] {
  return CODECS.map((codec) => codec.syntax);
}
