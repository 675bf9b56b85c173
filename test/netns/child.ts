import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** The result of a finished command. */
export interface Finished {
  /** Exit code, null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running child whose output is collected. */
export interface Running {
  readonly pid: number;
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  stdout(): string;
  stderr(): string;
  readonly finished: Promise<Finished>;
}

const COMMAND_DEADLINE_MS = 60_000;

/** Runs a command to its end, whatever its exit code; `input` is its stdin. */
export function run(argv: readonly string[], input = ''): Promise<Finished> {
  const child = start(argv);
  child.process.stdin.end(input);
  const timer = setTimeout(() => child.process.kill('SIGKILL'), COMMAND_DEADLINE_MS);
  return child.finished.finally(() => clearTimeout(timer));
}

/** Runs a command that must succeed; the error quotes its output. */
export async function runOk(argv: readonly string[], input = ''): Promise<string> {
  const { code, signal, stdout, stderr } = await run(argv, input);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${signal ?? `exit ${code}`}\n${stderr}${stdout}`);
  return stdout;
}

/** Starts a command and collects its output. */
export function start(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Running {
  const [file = '', ...rest] = argv;
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A child that ends before reading its input is judged by its exit code.
  child.stdin.on('error', () => {});
  const finished = new Promise<Finished>((resolve) => {
    child.on('error', (error) => resolve({ code: 127, signal: null, stdout, stderr: String(error) }));
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { pid: child.pid ?? -1, process: child, stdout: () => stdout, stderr: () => stderr, finished };
}

/**
 * Waits until a child's stdout holds `text` after `from` characters; fails when it ends first or the
 * deadline passes.
 */
export async function untilSays(child: Running, text: string, from = 0): Promise<void> {
  let ended = false;
  void child.finished.then(() => (ended = true));
  await until(`child ${child.pid} to say "${text}"`, () => {
    if (child.stdout().includes(text, from)) return true;
    if (ended) throw new Error(`child ${child.pid} ended before "${text}":\n${child.stderr()}`);
    return false;
  });
}

/** Polls `condition` every few milliseconds; throws when the deadline passes. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await delay(5);
  }
}

/** True when a program of this name can be found. */
export function isInstalled(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', `command -v ${program}`], (error) => resolve(error === null));
  });
}
