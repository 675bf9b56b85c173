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

/** The way out of this host, and by what means. */
export interface NetworkOptions {
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  readonly interface?: string;
  readonly engine?: string;
  /** After the sockets are open, a process started as root becomes an unprivileged user. Off in the library, on in the command. */
  readonly dropPrivileges?: boolean;
}

/** How a caller steers a run and hears of it. */
export interface RunControl {
  /** Ends the run early: what is known is yielded, the summary says `interrupted`. */
  readonly signal?: AbortSignal;
  /** One line about something that works less well than it could. */
  readonly onWarning?: (line: string) => void;
}
