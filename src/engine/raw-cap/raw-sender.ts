import type { Socket } from 'raw-socket';

import { Errno, errnoOfText } from '../../transport/errno.ts';
import { engineError, type EngineProblem } from '../engine.ts';
import { unknownInterface } from '../linux/interfaces.ts';
import { netRawProblem } from '../linux/capabilities.ts';
import { missingBinding } from './native-packages.ts';

/** A raw IPv4 socket that sends whole packets, header included. */
export interface RawSender {
  /** Sends `length` bytes at `offset` to `address`, a dotted quad; 0 or the errno. Never blocks. */
  send(buffer: Buffer, offset: number, length: number, address: string): number;
  /** Idempotent. */
  close(): void;
}

/** IPPROTO_RAW: implies IP_HDRINCL, and nothing is ever received (raw(7)). */
const IPPROTO_RAW = 255;

/** Opens the socket, bound to `device` unless null. Throws a usage error when there is no such interface. */
export async function openRawSender(device: string | null): Promise<RawSender | EngineProblem> {
  let binding: typeof import('raw-socket');
  try {
    binding = await import('raw-socket');
  } catch (error) {
    return missingBinding('raw-socket', error);
  }
  let socket: Socket;
  try {
    socket = binding.createSocket({ protocol: IPPROTO_RAW });
  } catch (error) {
    return openProblem(error);
  }
  socket.on('error', ignore);
  // Nothing arrives, and a paused poll handle does not keep the process alive.
  socket.pauseRecv();
  if (device !== null) bindToDevice(binding, socket, device);
  return senderOver(socket);
}

function openProblem(error: unknown): EngineProblem {
  const text = (error as Error).message;
  const errno = errnoOfText(text);
  if (errno === Errno.EPERM || errno === Errno.EACCES) return netRawProblem('opening a raw socket');
  const hint = 'this kernel or sandbox has no raw IPv4 sockets';
  return { code: 'not-supported', message: `opening a raw socket: ${text}`, hint };
}

function bindToDevice(binding: typeof import('raw-socket'), socket: Socket, device: string): void {
  const name = Buffer.from(`${device}\0`);
  try {
    socket.setOption(binding.SocketLevel.SOL_SOCKET, binding.SocketOption.SO_BINDTODEVICE ?? 25, name, name.length);
  } catch (error) {
    socket.close();
    if (errnoOfText((error as Error).message) === Errno.ENODEV) throw unknownInterface(device);
    throw engineError(openProblem(error));
  }
}

/** raw-socket's `send` sends one packet a writable event; its inner one sends at once and may throw. */
function senderOver(socket: Socket): RawSender {
  const { wrap } = socket;
  let open = true;
  return {
    send(buffer, offset, length, address) {
      // A closed wrap would silently open a new socket.
      if (!open) return Errno.EBADF;
      try {
        wrap.send(buffer, offset, length, address, ignore);
        return 0;
      } catch (error) {
        return errnoOfText((error as Error).message);
      }
    },
    close() {
      if (open) socket.close();
      open = false;
    },
  };
}

function ignore(): void {
  // raw-socket insists on callbacks.
}
