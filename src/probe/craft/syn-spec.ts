import { usageError } from '../../errors.ts';
import type { Source } from '../../transport/transport.ts';
import { type Address, UNSPECIFIED } from '../../wire/address.ts';
import { SynTemplate } from '../../wire/syn-template.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { compileOptions, type CompiledOptions } from '../../wire/tcp-options.ts';
import { optionsFor, type ProfileName, type SynSource, windowFor } from './profiles.ts';

/** What every SYN of a run looks like, apart from the fields that name the probe. */
export interface SynSpec {
  readonly profile: ProfileName;
  /** The `--options` text, or null for the profile's list with the MSS from the outgoing interface's MTU. */
  readonly options: string | null;
  readonly ttl: number;
  /** DSCP code point, 0 to 63. */
  readonly dscp: number;
  /** ECN-setup SYN: ECE and CWR set (RFC 3168, 6.1.1). */
  readonly ecn: boolean;
  /** The raw window, or null for the profile's. */
  readonly window: number | null;
  /** A fixed ISN for every probe, or null for the keyed cookie. */
  readonly seq: number | null;
  /** A fixed IP identification, or null for one derived from the cookie. */
  readonly ipId: number | null;
  readonly df: boolean;
  readonly payload: Uint8Array;
  /** Send a TCP checksum that is wrong (`--badsum`). */
  readonly badChecksum: boolean;
  /** A fixed source address, or null for what the route says. */
  readonly sourceIp: Address | null;
}

/** The source of SYNs to a target without a route, and for checks before routes are known. */
export const ETHERNET: Source = { address: UNSPECIFIED, interface: '', mtu: 1500 };

/** The SYN as it leaves by `source`. Throws a usage error for an option list that does not compile. */
export function craftSyn(spec: SynSpec, source: SynSource): SynTemplate {
  return new SynTemplate({
    source: source.address,
    options: synOptions(spec, source),
    ttl: spec.ttl,
    tos: spec.dscp << 2,
    window: synWindow(spec, source),
    flags: spec.ecn ? TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR : TcpFlag.SYN,
    df: spec.df,
    payload: spec.payload,
    badChecksum: spec.badChecksum,
  });
}

/** Its raw window. */
export function synWindow(spec: SynSpec, source: SynSource): number {
  return spec.window ?? windowFor(spec.profile, source);
}

/** Its option list as text. */
export function synOptionsText(spec: SynSpec, source: SynSource): string {
  return spec.options ?? optionsFor(spec.profile, source);
}

/** The same list, ready for the wire. Throws a usage error for one that does not compile. */
export function synOptions(spec: SynSpec, source: SynSource): CompiledOptions {
  const compiled = compileOptions(synOptionsText(spec, source));
  if (!compiled.ok) throw usageError('--options', compiled.offending, `expected ${compiled.accepted}`);
  return compiled;
}
