import type { PairOptions } from '../options/prepare-pairs.ts';

/** What `handshake` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface HandshakeOptions extends PairOptions {
  /** False leaves the SYN-ACK unacknowledged and watches it being sent again. */
  readonly ack?: boolean;
  /** Milliseconds to go on listening, before or after the ACK. */
  readonly observe?: number;
  /** `http`, `http:/PATH`, `tls`, `hex:...` or `none`. */
  readonly send?: string;
  readonly fastOpen?: boolean;
  readonly pathMtu?: boolean;
  /** `fin` or `rst`. */
  readonly close?: string;
  /** Handshakes side by side. */
  readonly repeat?: number;
  /** Comma-separated words. */
  readonly expect?: string;
}
