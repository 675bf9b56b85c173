/**
 * One TCP option: the object that appears in JSON records, and the in-memory form alike.
 * Lists of it are ordered and lossless: `encodeOptions(decodeOptions(bytes))` gives the same bytes.
 */
export type TcpOption =
  | { readonly kind: 0; readonly name: 'eol' }
  | { readonly kind: 1; readonly name: 'nop' }
  | { readonly kind: 2; readonly name: 'mss'; readonly value: number }
  | { readonly kind: 3; readonly name: 'wscale'; readonly value: number }
  | { readonly kind: 4; readonly name: 'sackOK' }
  | { readonly kind: 8; readonly name: 'ts'; readonly value: number; readonly echo: number }
  | { readonly kind: 34; readonly name: 'tfo'; readonly cookie: string }
  | DataOption;

/**
 * Any other option: `data` is lower-case hex of what follows kind and length. `name` is a known name (`mptcp`, `md5`, `ao`, `exp`,
 * `sack`, ...) or `kind-N`; `malformed` ends a list whose remaining bytes do not parse (there `data` is every byte after the kind);
 * `padding` is what stands after EOL when it is not all zero.
 */
export interface DataOption {
  readonly kind: number;
  readonly name: string;
  readonly data: string;
}
