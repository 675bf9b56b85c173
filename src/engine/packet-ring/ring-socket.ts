import { Errno } from '../../transport/errno.ts';
import type { EngineProblem } from '../engine.ts';
import { attachFilter } from '../linux/attach-filter.ts';
import type { MappedMemory, SocketWatch, SystemCalls } from '../linux/system-calls.ts';
import { kernelRefusal } from './kernel-refusal.ts';
import { ringFilter } from './ring-filter.ts';

/** How much memory the kernel fills before somebody must read. */
export interface RingSize {
  /** A multiple of the page size: one block is handed over at a time. */
  readonly blockBytes: number;
  readonly blocks: number;
}

/** An AF_PACKET socket on all interfaces with a TPACKET_V3 receive ring, filtered from its first packet on. */
export interface RingSocket {
  readonly descriptor: number;
  readonly memory: MappedMemory;
  readonly size: RingSize;
  /** Packets that found the ring full since the last call (the kernel counts from zero again). */
  takeDrops(): number;
  /** The error that the socket met since the last call, or 0. */
  takeError(): number;
  watch(readable: () => void): SocketWatch;
  /** Once. */
  close(): void;
}

const AF_PACKET = 17;
/** The kernel takes link headers off: the IP packet is at tp_net whatever the link. */
const SOCK_DGRAM = 2;
/** In network order: the only protocol for which outgoing packets are shown too. */
const ETH_P_ALL = [0x00, 0x03] as const;
const SOCKADDR_LL = 20;

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_TIMESTAMPNS = 35;
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const TPACKET_V3 = 2;
/** tp_drops in tpacket_stats_v3, three 32-bit words. */
const DROPS = 1;

/** The kernel wants frames of this alignment that fill a block evenly; blocks of this version hold frames of any length. */
const FRAME_BYTES = 2048;
/** A block that is not full is handed over after this long; the least that can be asked for. */
const BLOCK_TIMEOUT_MS = 1;

/** Opens the socket; where memory is short with the next of `sizes`. */
export function openRingSocket(
  calls: SystemCalls,
  ports: readonly number[],
  sizes: readonly RingSize[],
): RingSocket | EngineProblem {
  // Protocol 0: no packet comes before `bind`, so none passes unfiltered.
  const descriptor = calls.socket(AF_PACKET, SOCK_DGRAM, 0);
  if (descriptor < 0) return kernelRefusal('opening a packet socket', descriptor);
  const opened = setUp({ calls, descriptor }, ringFilter(ports), sizes);
  if ('code' in opened) calls.close(descriptor);
  return opened;
}

interface Opening {
  readonly calls: SystemCalls;
  readonly descriptor: number;
}

function setUp(opening: Opening, filter: Uint8Array, sizes: readonly RingSize[]): RingSocket | EngineProblem {
  const { calls, descriptor } = opening;
  const attached = attachFilter(calls, descriptor, filter);
  if (attached < 0) return kernelRefusal('attaching the packet filter', attached);
  const size = makeRing(opening, sizes);
  if (typeof size === 'number') return kernelRefusal('setting up a packet ring', size);
  // Without it each listener stamps outgoing packets for itself; with it the kernel stamps once for all.
  calls.setOption(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, ints(1));
  const memory = calls.map(descriptor, size.blockBytes * size.blocks, 0);
  if (typeof memory === 'number') return kernelRefusal('mapping the packet ring', memory);
  const bound = calls.bind(descriptor, allInterfaces());
  if (bound >= 0) return ringSocket(opening, memory, size);
  calls.unmap(memory);
  return kernelRefusal('binding a packet socket', bound);
}

function makeRing({ calls, descriptor }: Opening, sizes: readonly RingSize[]): RingSize | number {
  let result = calls.setOption(descriptor, SOL_PACKET, PACKET_VERSION, ints(TPACKET_V3));
  if (result < 0) return result;
  for (const size of sizes) {
    const frames = (size.blockBytes / FRAME_BYTES) * size.blocks;
    const request = ints(size.blockBytes, size.blocks, FRAME_BYTES, frames, BLOCK_TIMEOUT_MS, 0, 0);
    result = calls.setOption(descriptor, SOL_PACKET, PACKET_RX_RING, request);
    if (result >= 0) return size;
    if (result !== -Errno.ENOMEM) break;
  }
  return result;
}

function ringSocket({ calls, descriptor }: Opening, memory: MappedMemory, size: RingSize): RingSocket {
  const statistics = new Uint32Array(3);
  const error = new Int32Array(1);
  const ask = (level: number, option: number, into: Uint32Array | Int32Array): number =>
    calls.getOption(descriptor, level, option, new Uint8Array(into.buffer));
  return {
    descriptor,
    memory,
    size,
    takeDrops: () => (ask(SOL_PACKET, PACKET_STATISTICS, statistics) < 0 ? 0 : (statistics[DROPS] as number)),
    takeError: () => (ask(SOL_SOCKET, SO_ERROR, error) < 0 ? 0 : (error[0] as number)),
    watch: (readable) => calls.watch(descriptor, readable),
    close: () => {
      calls.unmap(memory);
      calls.close(descriptor);
    },
  };
}

function allInterfaces(): Uint8Array {
  const address = new Uint8Array(SOCKADDR_LL);
  new Uint16Array(address.buffer)[0] = AF_PACKET;
  address.set(ETH_P_ALL, 2);
  return address;
}

/** Ints in host order, as setsockopt takes them. */
function ints(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
