import type { Source } from '../../transport/transport.ts';
import { familyOf } from '../../wire/family.ts';
import { mssOfMtu } from '../../wire/tcp.ts';

/** The system whose SYN a run imitates (`--profile`). */
export type ProfileName = 'linux' | 'windows' | 'macos' | 'freebsd' | 'bare';

/** What a SYN takes from its source: the address family, and the largest IP packet of the interface. */
export type SynSource = Pick<Source, 'address' | 'mtu'>;

/** The SYN of one system. */
interface Profile {
  /** The MSS always comes first. */
  readonly optionsAfterMss: readonly string[];
  readonly ttl: number;
  /** Raw window; `whole-segments` is the largest multiple of the MSS that 16 bits hold. */
  readonly window: number | 'whole-segments';
  readonly df: boolean;
}

/** As p0f's database (p0f.fp, version 3) and captures of today's systems show them. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  /** Linux 4.19 and later: tcp_syn_options() in net/ipv4/tcp_output.c; the window is 64240 on Ethernet. */
  linux: { optionsAfterMss: ['sackOK', 'ts', 'nop', 'wscale=7'], ttl: 64, window: 'whole-segments', df: true },
  /** Windows 10, 11, Server 2019: no timestamps unless configured; window 64240 on Ethernet since 1709. */
  windows: { optionsAfterMss: ['nop', 'wscale=8', 'nop', 'nop', 'sackOK'], ttl: 128, window: 'whole-segments', df: true },
  /** macOS and iOS, p0f: `65535,*:mss,nop,ws,nop,nop,ts,sok,eol+1`; the scale has been 6 since 10.14. */
  macos: { optionsAfterMss: ['nop', 'wscale=6', 'nop', 'nop', 'ts', 'sackOK', 'eol', 'eol'], ttl: 64, window: 65_535, df: true },
  /** FreeBSD 9 and later: tcp_addoptions() in sys/netinet/tcp_output.c; p0f: `65535,6:mss,nop,ws,sok,ts`. */
  freebsd: { optionsAfterMss: ['nop', 'wscale=6', 'sackOK', 'ts'], ttl: 64, window: 65_535, df: true },
  /** As nmap -sS and small embedded stacks (p0f: `1024,0:mss::`): no option to object to. */
  bare: { optionsAfterMss: [], ttl: 64, window: 1024, df: false },
};

/** The TTLs that stacks send with (p0f.fp; RFC 1700 recommends 64). */
const INITIAL_TTLS: readonly number[] = [32, 64, 128, 255];

const LARGEST_PACKET = 65_535;
/** RFC 879, 1: every host takes 576 bytes, so no interface's MSS needs to be smaller. */
const SMALLEST_MSS = 536;

/** The `--options` text of `profile` for SYNs from `source`. */
export function optionsFor(profile: ProfileName, source: SynSource): string {
  return [`mss=${mssFor(source)}`, ...PROFILES[profile].optionsAfterMss].join(',');
}

/** The raw window of `profile` for the same SYNs. */
export function windowFor(profile: ProfileName, source: SynSource): number {
  const { window } = PROFILES[profile];
  if (window !== 'whole-segments') return window;
  const mss = mssFor(source);
  return Math.floor(LARGEST_PACKET / mss) * mss;
}

/** The MSS that fills the interface's largest packet (RFC 9293, 3.7.1); 65495 on Linux's loopback. */
export function mssFor({ address, mtu }: SynSource): number {
  return Math.max(mssOfMtu(Math.min(mtu, LARGEST_PACKET), familyOf(address)), SMALLEST_MSS);
}

/** The TTL that a packet which arrived with `ttl` most likely started with. */
export function initialTtl(ttl: number): number {
  return INITIAL_TTLS.find((initial) => initial >= ttl) ?? 255;
}
