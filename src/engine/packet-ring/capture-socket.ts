import { Errno } from '../../transport/errno.ts';
import type { EngineProblem } from '../engine.ts';
import { attachFilter } from '../linux/filter-program.ts';
import { ints, Socket, type SystemCalls } from '../linux/system-calls.ts';
import { type KernelSocket, openSocket, Refusal } from './kernel-socket.ts';
import { ReceivedFrames } from './received-frames.ts';
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
   * The kernel stamps a packet once for all listeners (SocketOption.TIMESTAMPNS), else each listener what
   * it is shown. It then stamps all that arrives at the host, wanted or not: 30 to 50 ns a packet.
   */
  readonly commonStamps: boolean;
}

/** In network order: the only protocol for which outgoing packets are shown too. */
const ETH_P_ALL = [0x00, 0x03] as const;
/** struct sockaddr_ll: family 2, protocol 2, interface 4, 12 more that are zero. */
const SOCKADDR_LL = 20;
const SocketOption = { ERROR: 4, RCVBUF: 8, TIMESTAMPNS: 35 } as const;
const PacketOption = { RX_RING: 5, STATISTICS: 6, VERSION: 10 } as const;
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
  // DGRAM: the kernel takes link headers off, so the IP packet is at tp_net whatever the link.
  // Protocol 0: no packet comes before `bind`, so none passes unfiltered.
  return openSocket(calls, ['opening a packet socket', Socket.AF_PACKET, Socket.DGRAM, 0], (socket) => {
    socket.need('attaching the packet filter', attachFilter(calls, socket.descriptor, ringFilter(ports)));
    const frames = options.sizes.length > 0 ? openRing(socket, options) : openMessages(socket);
    socket.need('binding a packet socket', calls.bind(socket.descriptor, packetAddress(ETH_P_ALL, 0)));
    return new CaptureSocket(socket, frames);
  });
}

function openMessages(socket: KernelSocket): CapturedFrames {
  // A frame of a ring has a stamp anyway; what recvmsg returns would have none.
  socket.need('asking for the kernel’s stamps', socket.setInt(Socket.SOL_SOCKET, SocketOption.TIMESTAMPNS, 1));
  socket.setInt(Socket.SOL_SOCKET, SocketOption.RCVBUF, RECEIVE_BUFFER);
  return new ReceivedFrames(socket);
}

function openRing(socket: KernelSocket, { sizes, commonStamps }: CaptureOptions): CapturedFrames {
  if (commonStamps) socket.setInt(Socket.SOL_SOCKET, SocketOption.TIMESTAMPNS, 1);
  const { blockBytes, blocks } = makeRing(socket, sizes);
  return new RingBlocks(socket.map('mapping the packet ring', blockBytes * blocks, 0).bytes, blockBytes);
}

/**
 * The kernel wants whole pages (EINVAL else), of 64 KiB on some arm64 and ppc64 kernels: where blocks get
 * larger there are fewer, two at least, and the ring stays as large.
 */
export function wholePages({ blockBytes, blocks }: RingSize, pageBytes: number): RingSize {
  const whole = Math.ceil(blockBytes / pageBytes) * pageBytes;
  return { blockBytes: whole, blocks: Math.max(2, Math.floor((blockBytes * blocks) / whole)) };
}

function makeRing(socket: KernelSocket, sizes: readonly RingSize[]): RingSize {
  const what = 'setting up a packet ring';
  socket.need(what, socket.setInt(Socket.SOL_PACKET, PacketOption.VERSION, TPACKET_V3));
  const pageBytes = socket.calls.pageBytes();
  let result = -Errno.ENOMEM;
  for (let index = 0; result === -Errno.ENOMEM && index < sizes.length; index++) {
    const size = wholePages(sizes[index] as RingSize, pageBytes);
    const frames = (size.blockBytes / FRAME_BYTES) * size.blocks;
    const request = ints(size.blockBytes, size.blocks, FRAME_BYTES, frames, BLOCK_TIMEOUT_MS, 0, 0);
    result = socket.calls.setOption(socket.descriptor, Socket.SOL_PACKET, PacketOption.RX_RING, request);
    if (result >= 0) return size;
  }
  throw new Refusal(what, result);
}

/** An AF_PACKET socket on all interfaces, filtered from its first packet on. */
export class CaptureSocket {
  readonly frames: CapturedFrames;
  readonly #socket: KernelSocket;
  readonly #statistics = new Uint32Array(3);
  readonly #error = new Uint32Array(1);

  /** Owns the socket. */
  constructor(socket: KernelSocket, frames: CapturedFrames) {
    this.#socket = socket;
    this.frames = frames;
  }

  /** Packets that found no room since the last call (the kernel counts from zero again). */
  takeDrops(): number {
    return this.#ask(Socket.SOL_PACKET, PacketOption.STATISTICS, this.#statistics) ? (this.#statistics[DROPS] as number) : 0;
  }

  /** The error that the socket met since the last call, or 0. */
  takeError(): number {
    return (
      this.frames.takeError() || (this.#ask(Socket.SOL_SOCKET, SocketOption.ERROR, this.#error) ? (this.#error[0] as number) : 0)
    );
  }

  /** As SystemCalls' `watch`. */
  watch(readable: () => void): () => void {
    return this.#socket.calls.watch(this.#socket.descriptor, readable);
  }

  /** Once. */
  close(): Promise<void> {
    return this.#socket.closeLater();
  }

  #ask(level: number, option: number, into: Uint32Array): boolean {
    const { calls, descriptor } = this.#socket;
    return calls.getOption(descriptor, level, option, new Uint8Array(into.buffer)) >= 0;
  }
}

/** A struct sockaddr_ll; the protocol in network order, interface 0 is all. */
export function packetAddress(protocol: readonly [number, number], interfaceIndex: number): Uint8Array {
  const address = new Uint8Array(SOCKADDR_LL);
  new Uint16Array(address.buffer)[0] = Socket.AF_PACKET;
  new Uint32Array(address.buffer)[1] = interfaceIndex;
  address.set(protocol, 2);
  return address;
}
