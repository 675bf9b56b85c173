import type { Transport } from '../../transport/transport.ts';
import { usageError } from '../../errors.ts';
import { engineError } from '../engine-error.ts';
import type { EngineCode, EngineOptions, EngineProblem } from '../engine.ts';
import { raiseNetRaw } from '../linux/capabilities.ts';
import { InterfaceWatch } from '../linux/interface-watch.ts';
import { captureFilter } from './capture-filter.ts';
import { openPcapCapture } from './pcap-capture.ts';
import { RawCapTransport } from './raw-cap-transport.ts';
import { openRawSender } from './raw-sender.ts';

/** Libpcap gives each frame a place of snaplen bytes (65 KiB) and rounds that to 128 KiB: this holds 256 frames and costs 32 MiB. A batch and its answers are 64. */
const KERNEL_BUFFER = 16 * 1024 * 1024;
const SMALL_BUFFER = 256 * 1024;

const LATE_CAPTURE =
  'packets may be seen up to 1 s late: libpcap cannot be switched to immediate mode (koffi has no binary here)';

/** Sends with the package raw-socket, captures with cap. */
export const rawCap: EngineCode = { check, open };

async function check(): Promise<EngineProblem | null> {
  raiseNetRaw();
  const sender = await openRawSender(null);
  if ('code' in sender) return sender;
  sender.close();
  const capture = await openPcapCapture({ filter: 'ip and tcp port 0', kernelBuffer: SMALL_BUFFER, onFrame: () => undefined });
  if ('code' in capture) return capture;
  capture.close();
  return null;
}

async function open(options: EngineOptions): Promise<Transport> {
  const path = options.sending?.path ?? 'auto';
  if (path !== 'auto' && path !== 'raw-ip') throw usageError('--send-path', path, 'the engine raw-cap has raw-ip only');
  raiseNetRaw();
  const sender = await openRawSender(options.interface);
  if ('code' in sender) throw engineError(sender);
  const transport = new RawCapTransport(sender, new InterfaceWatch(options.routes, options.interface));
  const capture = await openPcapCapture({
    filter: captureFilter(options.sourcePorts),
    kernelBuffer: KERNEL_BUFFER,
    onFrame: (bytes, length) => transport.onFrame(bytes, length),
  });
  if ('code' in capture) {
    await transport.close();
    throw engineError(capture);
  }
  transport.attach(capture);
  transport.rehearse();
  if (!capture.immediate) options.warn(LATE_CAPTURE);
  return transport;
}
