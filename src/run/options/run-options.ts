/** Which addresses a run is about. */
export interface TargetOptions {
  /** Addresses, CIDRs, octet ranges, hostnames. */
  readonly targets: readonly string[];
  /** A file of targets, one a line, `#` comments; `-` is stdin. */
  readonly targetsFile?: string;
  readonly exclude?: readonly string[];
  readonly excludeFile?: string;
  /** Every A record of a hostname, not the first. */
  readonly allAddresses?: boolean;
}

/** What the SYNs look like. */
export interface CraftOptions {
  /** Ordered TCP options in tcpdump's words. */
  readonly options?: string;
  /** `linux`, `windows`, `macos`, `freebsd` or `bare`: options, TTL and window of that system's SYN. */
  readonly profile?: string;
  readonly ttl?: number;
  readonly dscp?: number;
  readonly ecn?: boolean;
  readonly window?: number;
  readonly seq?: number;
  readonly ipId?: number;
  readonly df?: boolean;
  /** Hex. */
  readonly payload?: string;
  readonly badsum?: boolean;
}

/** How packets leave this host. */
export interface NetworkOptions {
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  readonly interface?: string;
  readonly engine?: string;
  /**
   * Become an unprivileged user once the sockets are open. Default: false in the library, true in the
   * command.
   */
  readonly dropPrivileges?: boolean;
}

/** How a caller stops a run, and is warned. */
export interface RunControl {
  /** Ends the run early: what is known by then is yielded, and the summary says `interrupted`. */
  readonly signal?: AbortSignal;
  /** Takes one line about something that works less well than it could. */
  readonly onWarning?: (line: string) => void;
}

/** How long, how often and how fast SYNs are sent. */
export interface TimingOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
  readonly count?: number;
  readonly rate?: number | 'max';
  readonly maxInFlight?: number;
  readonly seed?: number;
}

/** Options of the commands that look closely at a few (target, port) pairs. */
export interface PairOptions
  extends TargetOptions, CraftOptions, NetworkOptions, Pick<TimingOptions, 'timeout' | 'retries'>, RunControl {
  /** `443` or `22,80`; each command has its own default. */
  readonly ports?: string;
}
