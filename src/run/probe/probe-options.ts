import type { TokenOptions } from '../options/token.ts';
import type { CraftOptions, RunControl, TargetOptions, NetworkOptions } from '../options/run-options.ts';

/** What `probe` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface ProbeOptions extends TargetOptions, CraftOptions, NetworkOptions, TokenOptions, RunControl {
  /** `22,80,8000-8100,https` or `-`; without it the documented default list. */
  readonly ports?: string;

  /** A `respond` at the targets' end is asked what arrived; it and this run share a token. */
  readonly responder?: boolean;
  /** `HOST:PORT`: another port that the responder listens on, asked about ports that are silent. Implies `responder`. */
  readonly control?: string;
  /** `option`, `data` or both: where the SYN carries the proof beside its sequence number and its timestamp. */
  readonly proof?: string;

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

/** Whether the options ask for a responder. */
export function asksResponder({ responder, control }: Pick<ProbeOptions, 'responder' | 'control'>): boolean {
  return responder === true || control !== undefined;
}
