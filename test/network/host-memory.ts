import { NANOS_PER_SECOND, type Nanos } from '../../src/wire/numbers.ts';
import type { HostContext } from './host.ts';
import type { Stack } from './stack.ts';

/** State that a host's ports share: the start of its timestamp clock, and its last IP ID. */
interface HostMemory {
  readonly clock: number;
  ipId: number;
}

/** The host's timestamp clock at `now`, in ticks; its start is random. */
export function timestampClock(context: HostContext, now: Nanos, clockHz: Stack['clockHz']): number {
  return (memoryOf(context).clock + Math.floor((now * clockHz) / NANOS_PER_SECOND)) >>> 0;
}

/** The IP ID of the host's next packet. */
export function nextIpId(policy: Stack['ipId'], context: HostContext): number {
  if (policy === 'zero') return 0;
  if (policy === 'random') return context.random.uint32() & 0xffff;
  const memory = memoryOf(context);
  memory.ipId = (memory.ipId + 1) & 0xffff;
  return memory.ipId;
}

function memoryOf({ host, remember, random }: HostContext): HostMemory {
  return remember(host, () => ({ clock: random.uint32(), ipId: random.uint32() & 0xffff }));
}
