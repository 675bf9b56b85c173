import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { untilSays } from '../../netns/child.ts';
import type { Lab } from '../../netns/lab.ts';

const CLONE_NEWNET = 0x40000000;

/**
 * Moves this thread, and so every socket that the test opens from now on, into the network namespace of a lab's host. The function that it
 * returns moves it back. Needs root outside, not only inside, the lab.
 */
export async function enterNamespace(lab: Lab, host: string): Promise<() => void> {
  const anchor = lab.start(host, ['sh', '-c', 'echo ready; exec cat']);
  await untilSays(anchor, 'ready');
  const libc = koffi.load('libc.so.6');
  const setns = libc.func('int setns(int, int)') as (descriptor: number, type: number) => number;
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const there = openSync(`/proc/${anchor.pid}/ns/net`, 'r');
  if (setns(there, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
  closeSync(there);
  return () => {
    setns(home, CLONE_NEWNET);
    closeSync(home);
  };
}
