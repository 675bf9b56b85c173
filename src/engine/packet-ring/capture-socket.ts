import { Errno } from '../../transport/errno.ts';
import type { EngineProblem } from '../engine.ts';
import { attachFilter } from '../linux/filter-program.ts';
import type { MappedMemory, SocketWatch, SystemCalls } from '../linux/system-calls.ts';
import { kernelRefusal } from './kernel-refusal.ts';
import { openReceivedFrames } from './received-frames.ts';
import { type CapturedFrames, RingBlocks } from './ring-block.ts';
import { ringFilter } from './ring-filter.ts';

/** How much memory the kernel fills before it must be read. */
export interface RingSize {
  /** A multiple of FRAME_BYTES, handed over at a time. Rounded up to whole pages (`wholePages`). */
  readonly blockBytes: number;
  readonly blocks: number;
}

/** How to capture. */
export interface CaptureOptions {
  /** Rings to try, the largest first: the next where memory is short. None: without a ring. */
  readonly sizes: readonly RingSize[];
  /**
   * The kernel stamps a packet once for all listeners (SO_TIMESTAMPNS), as it arrives or leaves; else each
   * listener stamps what it is shown. On behalf of this socket it then stamps all that arrives at the host,
   * wanted or not: 30 to 50 ns a packet.
   */
  readonly commonStamps: boolean;
}

/** An AF_PACKET socket on all interfaces, filtered from its first packet on. */
export interface CaptureSocket {
  readonly frames: CapturedFrames;
  /** Packets that found no room since the last call (the kernel counts from zero again). */
  takeDrops(): number;
  /** The error that the socket met since the last call, or 0. */
  takeError(): number;
  watch(readable: () => void): SocketWatch;
  /** Once. */
  close(): Promise<void>;
}

const AF_PACKET = 17;
/** The kernel takes link headers off: the IP packet is at tp_net whatever the link. */
const SOCK_DGRAM = 2;
/** In network order: the only protocol for which outgoing packets are shown too. */
const ETH_P_ALL = [0x00, 0x03] as const;
const SOCKADDR_LL = 20;

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_TIMESTAMPNS = 35;
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const TPACKET_V3 = 2;
/** tp_drops in tpacket_stats and tpacket_stats_v3, two and three 32-bit words. */
const DROPS = 1;

/** The kernel wants frames of this alignment that fill a block evenly; TPACKET_V3 packs any length. */
const FRAME_BYTES = 2048;
/** A block that is not full is handed over after this long; the least that can be asked for. */
const BLOCK_TIMEOUT_MS = 1;
/** Without a ring packets wait here; cut to net.core.rmem_max, by default enough for 250 small ones. */
const RECEIVE_BUFFER = 1 << 20;

/** Opens the socket, with a TPACKET_V3 receive ring or without. */
export function openCaptureSocket(
  calls: SystemCalls,
  ports: readonly number[],
  options: CaptureOptions,
): CaptureSocket | EngineProblem {
  // Protocol 0: no packet comes before `bind`, so none passes unfiltered.
  const descriptor = calls.socket(AF_PACKET, SOCK_DGRAM, 0);
  if (descriptor < 0) return kernelRefusal('opening a packet socket', descriptor);
  const opened = setUp({ calls, descriptor }, ringFilter(ports), options);
  if ('code' in opened) calls.close(descriptor);
  return opened;
}

interface Opening {
  readonly calls: SystemCalls;
  readonly descriptor: number;
}

/** Frames and what they lie in. */
interface OpenFrames {
  readonly frames: CapturedFrames;
  readonly memory: MappedMemory;
  readonly takeError: () => number;
}

function setUp(opening: Opening, filter: Uint8Array, { sizes, commonStamps }: CaptureOptions): CaptureSocket | EngineProblem {
  const { calls, descriptor } = opening;
  const hasRing = sizes.length > 0;
  const attached = attachFilter(calls, descriptor, filter);
  if (attached < 0) return kernelRefusal('attaching the packet filter', attached);
  const stamped = commonStamps || !hasRing ? calls.setOption(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, ints(1)) : 0;
  // A frame of a ring has a stamp anyway; what recvmsg returns would have none.
  if (stamped < 0 && !hasRing) return kernelRefusal('asking for the kernel’s stamps', stamped);
  const opened = hasRing ? openRing(opening, sizes) : openMessages(opening);
  if ('code' in opened) return opened;
  const bound = calls.bind(descriptor, allInterfaces());
  if (bound >= 0) return captureSocket(opening, opened);
  calls.unmap(opened.memory);
  return kernelRefusal('binding a packet socket', bound);
}

function openMessages({ calls, descriptor }: Opening): OpenFrames | EngineProblem {
  calls.setOption(descriptor, SOL_SOCKET, SO_RCVBUF, ints(RECEIVE_BUFFER));
  const frames = openReceivedFrames(calls, descriptor);
  if (typeof frames === 'number') return kernelRefusal('mapping memory for packets', frames);
  return { frames, memory: frames.memory, takeError: () => frames.takeError() };
}

function openRing(opening: Opening, sizes: readonly RingSize[]): OpenFrames | EngineProblem {
  const { calls, descriptor } = opening;
  const size = makeRing(opening, sizes);
  if (typeof size === 'number') return kernelRefusal('setting up a packet ring', size);
  const memory = calls.map(descriptor, size.blockBytes * size.blocks, 0);
  if (typeof memory === 'number') return kernelRefusal('mapping the packet ring', memory);
  return { frames: new RingBlocks(memory.bytes, size.blockBytes), memory, takeError: () => 0 };
}

/**
 * The kernel wants blocks of whole pages (EINVAL else), and a page has 64 KiB on some arm64 and ppc64
 * kernels. Where that makes blocks larger there are fewer of them, two at least, and the ring stays as large.
 */
export function wholePages({ blockBytes, blocks }: RingSize, pageBytes: number): RingSize {
  const whole = Math.ceil(blockBytes / pageBytes) * pageBytes;
  return { blockBytes: whole, blocks: Math.max(2, Math.floor((blockBytes * blocks) / whole)) };
}

function makeRing({ calls, descriptor }: Opening, sizes: readonly RingSize[]): RingSize | number {
  let result = calls.setOption(descriptor, SOL_PACKET, PACKET_VERSION, ints(TPACKET_V3));
  if (result < 0) return result;
  const pageBytes = calls.pageBytes();
  for (const asked of sizes) {
    const size = wholePages(asked, pageBytes);
    const frames = (size.blockBytes / FRAME_BYTES) * size.blocks;
    const request = ints(size.blockBytes, size.blocks, FRAME_BYTES, frames, BLOCK_TIMEOUT_MS, 0, 0);
    result = calls.setOption(descriptor, SOL_PACKET, PACKET_RX_RING, request);
    if (result >= 0) return size;
    if (result !== -Errno.ENOMEM) break;
  }
  return result;
}

function captureSocket({ calls, descriptor }: Opening, { frames, memory, takeError }: OpenFrames): CaptureSocket {
  const statistics = new Uint32Array(3);
  const error = new Int32Array(1);
  const ask = (level: number, option: number, into: Uint32Array | Int32Array): number =>
    calls.getOption(descriptor, level, option, new Uint8Array(into.buffer));
  return {
    frames,
    takeDrops: () => (ask(SOL_PACKET, PACKET_STATISTICS, statistics) < 0 ? 0 : (statistics[DROPS] as number)),
    takeError: () => takeError() || (ask(SOL_SOCKET, SO_ERROR, error) < 0 ? 0 : (error[0] as number)),
    watch: (readable) => calls.watch(descriptor, readable),
    close: async () => {
      calls.unmap(memory);
      await calls.closeLater(descriptor);
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
