import type { Routes, SendPath, Transport } from '../../transport/transport.ts';
import { engineError, type EngineCode, type EngineOptions, type EngineProblem } from '../engine.ts';
import { raiseNetRaw } from '../linux/capabilities.ts';
import { startClock } from '../linux/event-loop-wait.ts';
import { InterfaceWatch } from '../linux/interface-watch.ts';
import { hasSystemCalls, systemCalls } from '../linux/system-calls.ts';
import { KernelClock } from './kernel-clock.ts';
import { PacketRingTransport } from './packet-ring-transport.ts';
import { openRawIpSender } from './raw-ip-sender.ts';
import { RingCapture } from './ring-capture.ts';
import { openSender } from './send-choice.ts';
import { openCaptureSocket, type RingSize } from './capture-socket.ts';

const BLOCK_BYTES = 32 * 1024;
/** 16 MiB hold 100,000 small packets; less where the kernel has less. */
const SIZES: readonly RingSize[] = [512, 128, 32].map((blocks) => ({ blockBytes: BLOCK_BYTES, blocks }));
/** Runs of so many packets get the second size: making and freeing 16 MiB takes 20 ms. */
const SHORT_RUN = 131_072;
const SMALLEST: readonly RingSize[] = [{ blockBytes: BLOCK_BYTES, blocks: 2 }];
/** A run of so few packets is over sooner without a ring. */
const FEW_PACKETS = 64;

/** Sends over a raw socket, captures with a TPACKET_V3 ring. */
export const packetRing: EngineCode = { check, open: (options) => openPacketRing(options, sizesFor(options)) };

function sizesFor({ packets = Infinity }: EngineOptions): readonly RingSize[] {
  if (packets <= FEW_PACKETS) return [];
  return packets <= SHORT_RUN ? SIZES.slice(1) : SIZES;
}

async function check(): Promise<EngineProblem | null> {
  raiseNetRaw();
  const calls = systemCalls();
  if (!hasSystemCalls(calls)) return calls;
  const sender = openRawIpSender(calls, { device: null, now: () => 0, posts: false });
  if ('code' in sender) return sender;
  await sender.close();
  const socket = openCaptureSocket(calls, [0], { sizes: SMALLEST, commonStamps: true });
  if ('code' in socket) return socket;
  await socket.close();
  return null;
}

/** `open` with a ring of the first of `sizes` that fits into memory, or without one if there are none. */
export async function openPacketRing(options: EngineOptions, sizes: readonly RingSize[]): Promise<Transport> {
  raiseNetRaw();
  const calls = systemCalls();
  if (!hasSystemCalls(calls)) throw engineError(calls);
  const now = startClock();
  const opened = openSender(calls, options, now);
  if ('code' in opened) throw engineError(opened);
  const { sender, why } = opened;
  // Where SYNs pass by every listener there is no stamp to share, and the host's packets are many.
  const socket = openCaptureSocket(calls, options.sourcePorts, { sizes, commonStamps: sender.path === 'raw-ip' });
  if ('code' in socket) {
    await sender.close();
    throw engineError(socket);
  }
  const capture = new RingCapture({ ...options, socket, clock: new KernelClock(calls, now), now });
  return new PacketRingTransport({ sender, why, capture, watch: new InterfaceWatch(options.routes, options.interface), now });
}

/** The send path of `--rate max` over the first source of `routes`; null where this engine cannot send. */
export async function fastestSendPath(routes: Routes): Promise<SendPath | null> {
  const calls = systemCalls();
  if (!hasSystemCalls(calls)) return null;
  const sending = { path: 'auto', rate: Infinity, packetBytes: 0 } as const;
  const opened = openSender(calls, { sourcePorts: [], interface: null, routes, sending, warn: () => undefined }, () => 0);
  if ('code' in opened) return null;
  await opened.sender.close();
  return { name: opened.sender.path, why: opened.why };
}
