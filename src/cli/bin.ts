#!/usr/bin/env node
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Tty from 'node:tty';

import { packageVersion } from '../run/version.ts';
import type { Environment, Sink } from './environment.ts';
import { FileSink } from './file-sink.ts';

const STDOUT = 1;
const STDERR = 2;

const require = createRequire(import.meta.url);
const stdout = new FileSink(STDOUT, { truncate: false });

const environment: Environment = {
  version: packageVersion(),
  variables: process.env,
  stdout: {
    isTerminal: isTerminal(STDOUT),
    columns: () => process.stdout.columns ?? Infinity,
    write: (text) => stdout.write(text),
    finish: () => stdout.finish(),
    onFailure: (listener) => stdout.onFailure(listener),
  },
  stderr: {
    isTerminal: isTerminal(STDERR),
    columns: () => process.stderr.columns ?? Infinity,
    write: writeMessage,
  },
  openFile,
  onInterrupt: (handler) => {
    process.on('SIGINT', handler).on('SIGTERM', handler);
    return () => void process.off('SIGINT', handler).off('SIGTERM', handler);
  },
  now: () => performance.now(),
  exitNow: (code) => process.exit(code),
  jobs: {
    probe: async () => {
      loadAtOnce('../run/probe.js');
      return (await import('../run/probe.ts')).probeInBatches;
    },
    path: async () => (await import('../run/path.ts')).pathInBatches,
    mss: async () => (await import('../run/mss.ts')).mssInBatches,
    handshake: async () => (await import('../run/handshake.ts')).handshakeInBatches,
    doctor: async () => (await import('../run/doctor.ts')).inspectHost,
  },
};

loadAtOnce('./main.js', './parse/parse-words.js', './commands/probe.js');
const { main } = await import('./main.ts');
// Native handles may keep the event loop alive; everything has been written by now.
process.exit(await main(process.argv.slice(2), environment));

/**
 * Loads modules with all that they import, so that an `import()` of them later finds them loaded. Measured: what a probe needs is there 20 ms sooner than by
 * `import()` alone, which goes through the thread pool and the event loop for every file. Node 22.0 to 22.11 cannot require ES modules, and does without.
 */
function loadAtOnce(...paths: readonly string[]): void {
  if (process.features.require_module) for (const path of paths) require(path);
}

/** Only a character device can be a terminal; the module that knows loads all of Node's network streams, which a pipe need not wait for. */
function isTerminal(descriptor: number): boolean {
  return fstatSync(descriptor).isCharacterDevice() && (require('node:tty') as typeof Tty).isatty(descriptor);
}

/** Process.stderr is made when it is first used, which takes Node 2 ms: most runs have nothing to say. */
function writeMessage(text: string): void {
  // When it fails, nobody is left to be told.
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
