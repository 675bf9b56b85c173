import type { Environment } from '../../src/cli/environment.ts';
import type { DoctorRecord } from '../../src/records/doctor/records.ts';
import type { MssRunRecord } from '../../src/records/mss/records.ts';
import type { HandshakeRunRecord } from '../../src/records/handshake/records.ts';
import type { ProbeRecord } from '../../src/records/probe/records.ts';
import type { MssOptions } from '../../src/run/mss/prepare-mss.ts';
import type { HandshakeOptions } from '../../src/run/handshake/prepare-handshake.ts';
import type { RespondRecord } from '../../src/records/respond/records.ts';
import type { ProbeOptions } from '../../src/run/probe/prepare.ts';
import type { RespondOptions } from '../../src/run/respond/respond.ts';

/** A sink that keeps what it is given, and fails with `failure` at the write of that number. */
export class MemorySink {
  text = '';
  writes = 0;
  readonly #failAt: number;
  readonly #failure: string;
  #listener: () => void = () => undefined;
  #failed = false;

  constructor(failAt: number = Infinity, failure: string = 'EPIPE: broken pipe, write') {
    this.#failAt = failAt;
    this.#failure = failure;
  }

  write(text: string): Promise<void> | null {
    this.writes++;
    if (this.#failed) return null;
    if (this.writes >= this.#failAt) {
      this.#failed = true;
      this.#listener();
      return null;
    }
    this.text += text;
    // A slow reader: every third write must be waited for.
    return this.writes % 3 === 0 ? Promise.resolve() : null;
  }

  finish(): Promise<void> {
    if (!this.#failed) return Promise.resolve();
    return Promise.reject(Object.assign(new Error(this.#failure), { code: this.#failure.split(':')[0] }));
  }

  onFailure(listener: () => void): void {
    this.#listener = listener;
  }
}

/** What a test may decide. */
export interface Circumstances {
  readonly probe?: (options: ProbeOptions) => AsyncIterable<ProbeRecord>;
  readonly mss?: (options: MssOptions) => AsyncIterable<MssRunRecord>;
  readonly handshake?: (options: HandshakeOptions) => AsyncIterable<HandshakeRunRecord>;
  readonly respond?: (options: RespondOptions) => AsyncIterable<RespondRecord>;
  readonly doctor?: (targets: readonly string[]) => Promise<DoctorRecord>;
  readonly stdout?: MemorySink;
  readonly openFile?: (path: string) => MemorySink;
  readonly stdoutColumns?: number;
  readonly stderrColumns?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** An outside that is all in memory. */
export interface FakeOutside {
  readonly environment: Environment;
  readonly stdout: MemorySink;
  readonly stderr: () => string;
  /** The options that the probe was called with. */
  readonly asked: () => ProbeOptions;
  readonly wasAsked: () => boolean;
  readonly interrupt: () => void;
  readonly exits: readonly number[];
  /** Lets milliseconds pass. */
  readonly pass: (ms: number) => void;
}

/** Makes one; a stream is a terminal when it has columns. */
export function fakeOutside(circumstances: Circumstances = {}): FakeOutside {
  const stdout = circumstances.stdout ?? new MemorySink();
  const handlers = new Set<() => void>();
  const exits: number[] = [];
  let now = 0;
  let messages = '';
  let asked: ProbeOptions | null = null;
  const { stdoutColumns, stderrColumns } = circumstances;
  const environment: Environment = {
    version: '1.2.3',
    variables: circumstances.variables ?? {},
    stdout: {
      isTerminal: stdoutColumns !== undefined,
      columns: () => stdoutColumns ?? Infinity,
      write: (text) => stdout.write(text),
      finish: () => stdout.finish(),
      onFailure: (listener) => stdout.onFailure(listener),
    },
    stderr: {
      isTerminal: stderrColumns !== undefined,
      columns: () => stderrColumns ?? Infinity,
      write: (text) => {
        messages += text;
      },
    },
    openFile: circumstances.openFile ?? (() => new MemorySink()),
    onInterrupt: (handler) => {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    now: () => now,
    exitNow: (code) => void exits.push(code),
    jobs: {
      probe: () =>
        Promise.resolve((options) => {
          asked = options;
          return oneByOne((circumstances.probe ?? (() => records([])))(options));
        }),
      path: () => Promise.resolve(() => nothing()),
      mss: () => Promise.resolve((options) => oneByOne((circumstances.mss ?? nothing)(options))),
      handshake: () => Promise.resolve((options) => oneByOne((circumstances.handshake ?? nothing)(options))),
      firewall: () => Promise.resolve(() => nothing()),
      respond: () => Promise.resolve((options) => oneByOne((circumstances.respond ?? nothing)(options))),
      doctor: () => Promise.resolve(circumstances.doctor ?? (() => Promise.reject(new Error('no doctor')))),
    },
  };
  return {
    environment,
    stdout,
    stderr: () => messages,
    asked: () => {
      if (asked === null) throw new Error(`the probe was not called: ${messages}`);
      return asked;
    },
    wasAsked: () => asked !== null,
    pass: (ms) => {
      now += ms;
    },
    interrupt: () => {
      for (const handler of handlers) handler();
    },
    exits,
  };
}

/** A run without records. */
async function* nothing(): AsyncGenerator<never, void, undefined> {
  for (const record of []) yield record;
}

/** Yields these records, then throws `error` if there is one. */
export async function* records<R = ProbeRecord>(list: readonly R[], error: unknown = null): AsyncGenerator<R, void, undefined> {
  for (const record of list) {
    await Promise.resolve();
    yield record;
  }
  if (error !== null) throw error;
}

/** Each record as a batch of its own. */
async function* oneByOne<R>(all: AsyncIterable<R>): AsyncGenerator<readonly R[], void, undefined> {
  for await (const record of all) yield [record];
}
