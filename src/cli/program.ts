import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Tty from 'node:tty';

import { packageVersion } from '../run/version.ts';
import type { Environment, Sink } from './environment.ts';
import { FileSink } from './file-sink.ts';
import { main } from './main.ts';
import { terminalColumns } from './terminal.ts';

const STDOUT = 1;
const STDERR = 2;
/** SIGHUP too: a terminal that goes away must not leave connections open. */
const INTERRUPTING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const require = createRequire(import.meta.url);

/** Runs the words of this process's command line, writes to its streams and ends it. */
export async function runProgram(): Promise<never> {
  const code = await main(process.argv.slice(2), thisProcess());
  // Native handles may keep the event loop alive; everything has been written by now.
  process.exit(code);
}

/** Only a character device can be a terminal. To ask, Node loads its network streams: not for a pipe. */
function isTerminal(descriptor: number): boolean {
  return fstatSync(descriptor).isCharacterDevice() && (require('node:tty') as typeof Tty).isatty(descriptor);
}

/** Node makes process.stderr at its first use, which takes 2 ms: most runs write no message. */
function writeMessage(text: string): void {
  // A failure cannot be reported anywhere.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined);
  process.stderr.write(text);
}

/** Creates the file, but does not empty it yet. */
function openFile(path: string): Sink {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o666);
  const sink = new FileSink(descriptor, { truncate: true });
  return {
    write: (text) => sink.write(text),
    onFailure: (listener) => sink.onFailure(listener),
    finish: async () => {
      await sink.finish();
      closeSync(descriptor);
    },
  };
}

/** This process: its streams, signals and clock. */
function thisProcess(): Environment {
  return {
    version: packageVersion(),
    variables: process.env,
    stdout: Object.assign(new FileSink(STDOUT, { truncate: false }), {
      isTerminal: isTerminal(STDOUT),
      columns: () => terminalColumns(process.stdout),
    }),
    stderr: { isTerminal: isTerminal(STDERR), columns: () => terminalColumns(process.stderr), write: writeMessage },
    openFile,
    onInterrupt: (handler) => {
      for (const signal of INTERRUPTING) process.on(signal, handler);
      return () => INTERRUPTING.forEach((signal) => process.off(signal, handler));
    },
    now: () => performance.now(),
    exitNow: (code) => process.exit(code),
    jobs: {
      probe: async () => (await import('../run/probe/probe.ts')).probeInBatches,
      path: async () => (await import('../run/path/path.ts')).pathInBatches,
      mss: async () => (await import('../run/mss/mss.ts')).mssInBatches,
      handshake: async () => (await import('../run/handshake/handshake.ts')).handshakeInBatches,
      firewall: async () => (await import('../run/firewall/firewall.ts')).firewallInBatches,
      respond: async () => (await import('../run/respond/respond.ts')).respondInBatches,
      doctor: async () => (await import('../run/doctor/doctor.ts')).inspectHost,
    },
  };
}
