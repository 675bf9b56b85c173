#!/usr/bin/env node
import { closeSync, constants, openSync } from 'node:fs';
import { isatty } from 'node:tty';

import { packageVersion } from '../run/version.ts';
import type { Environment, Sink } from './environment.ts';
import { FileSink } from './file-sink.ts';
import { main } from './main.ts';

const STDOUT = 1;
const STDERR = 2;

const stdout = new FileSink(STDOUT, { truncate: false });
// Nobody is left to be told.
process.stderr.on('error', () => undefined);

const environment: Environment = {
  version: packageVersion(),
  variables: process.env,
  stdout: {
    isTerminal: isatty(STDOUT),
    columns: () => process.stdout.columns ?? Infinity,
    write: (text) => stdout.write(text),
    finish: () => stdout.finish(),
    onFailure: (listener) => stdout.onFailure(listener),
  },
  stderr: {
    isTerminal: isatty(STDERR),
    columns: () => process.stderr.columns ?? Infinity,
    write: (text) => void process.stderr.write(text),
  },
  openFile,
  onInterrupt: (handler) => {
    process.on('SIGINT', handler).on('SIGTERM', handler);
    return () => void process.off('SIGINT', handler).off('SIGTERM', handler);
  },
  now: () => performance.now(),
  exitNow: (code) => process.exit(code),
  loadProbe: async () => (await import('../run/probe.ts')).probe,
  loadDoctor: async () => (await import('../run/doctor.ts')).inspectHost,
};

// Native handles may keep the event loop alive; everything has been written by now.
process.exit(await main(process.argv.slice(2), environment));

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
