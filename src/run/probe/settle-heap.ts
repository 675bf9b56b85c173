import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects the whole heap now. V8 does so once anyway, when it has seen how little of what is allocated survives: some seconds into a long run, and for longer
 * than the capture should wait (measured: 10 ms). Afterwards a run of millions of pairs gives it no cause to.
 */
export function settleHeap(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
