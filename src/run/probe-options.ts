/** What `probe` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface ProbeOptions {
  /** Addresses, CIDRs, octet ranges, hostnames. */
  readonly targets: readonly string[];
  /** A file of targets, one a line, `#` comments; `-` is stdin. */
  readonly targetsFile?: string;
  readonly exclude?: readonly string[];
  readonly excludeFile?: string;
  /** Probe every A record of a hostname, not the first. */
  readonly allAddresses?: boolean;
  /** `22,80,8000-8100,https` or `-`; without it the documented default list. */
  readonly ports?: string;

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
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  readonly interface?: string;
  /** Hex. */
  readonly payload?: string;
  readonly badsum?: boolean;

  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
  readonly count?: number;
  readonly rate?: number | 'max';
  readonly maxInFlight?: number;
  readonly seed?: number;
  /** `I/N`, 1-based. */
  readonly shard?: string;
  readonly randomize?: boolean;
  readonly engine?: string;
  /** `auto`, `raw-ip`, `af-xdp` or `af-packet`. */
  readonly sendPath?: string;

  /**
   * Yield records of open ports alone; the summary still counts all. With expectations, every port has its record. A function is asked once the size of
   * the run is known.
   */
  readonly openOnly?: boolean | ((run: RunSize) => boolean);

  /** `open`, `closed`, `filtered` or a reason. */
  readonly expect?: string;
  /** `1460` or `<=1460`. */
  readonly expectMss?: string;
  /** `mss,sackOK`: all must be negotiated. */
  readonly expectOptions?: string;
  /** `<=MS`. */
  readonly expectRtt?: string;

  /** Yield the first-attempt probes as `packet` records and send nothing. */
  readonly dryRun?: boolean;
  /** After the sockets are open, a process started as root becomes an unprivileged user. Off in the library, on in the command. */
  readonly dropPrivileges?: boolean;
  /** Ends the run early: what is known is yielded, the summary says `interrupted`. */
  readonly signal?: AbortSignal;
  /** One line about something that works less well than it could. */
  readonly onWarning?: (line: string) => void;
  /** Called at most ten times a second while the run lasts. */
  readonly onProgress?: (progress: Progress) => void;
}

/** How many pairs a run is about. */
interface RunSize {
  readonly targets: number;
  /** Of each target. */
  readonly ports: number;
}

/** How far a run is. */
export interface Progress {
  readonly elapsedMs: number;
  readonly pairsDone: number;
  readonly pairsTotal: number;
  readonly open: number;
  readonly probesSent: number;
}
