import { Errno } from '../../transport/errno.ts';
import { LOW_WORD, setLong } from './frame-slots.ts';
import type { KernelSocket } from './kernel-socket.ts';
import type { CapturedFrames } from './ring-block.ts';

/**
 * Offsets in the memory of recvmsg(2). struct msghdr: name, its length, iovec, their number, control, its
 * length, flags, 8 bytes each. struct iovec: address 8, length 8.
 */
const At = { HEADER: 0, VECTOR: 64, NAME: 128, CONTROL: 192, PACKET: 256 } as const;
const Header = { NAME: 0, NAME_LENGTH: 8, VECTORS: 16, VECTOR_COUNT: 24, CONTROL: 32, CONTROL_LENGTH: 40 } as const;
/** Two pages; what of a packet is beyond is not looked at. */
const MEMORY = 8192;
const PACKET_BYTES = MEMORY - At.PACKET;
/** struct sockaddr_ll; sll_pkttype stands at 10. */
const NAME_BYTES = 20;
const PACKET_TYPE = At.NAME + 10;
const CONTROL_BYTES = At.PACKET - At.CONTROL;
/** struct cmsghdr: length 8, level 4, type 4; then, as the only message asked for, a struct timespec. */
const STAMP = At.CONTROL + 16;

/**
 * Frames of a packet socket without a ring, a recvmsg(2) each, with the kernel's stamps (SO_TIMESTAMPNS).
 * Slower by the frame, but making a ring and closing it take 12 ms each. Allocates nothing.
 */
export class ReceivedFrames implements CapturedFrames {
  readonly bytes: Uint8Array;
  readonly offset: number = At.PACKET;
  length: number = 0;
  seconds: number = 0;
  nanos: number = 0;
  packetType: number = 0;
  readonly #socket: KernelSocket;
  readonly #address: number;
  readonly #words: Uint32Array;
  #error = 0;
  #isNew = false;

  constructor(socket: KernelSocket) {
    const { address, bytes } = socket.map('mapping memory for packets', MEMORY, 'fresh');
    this.#socket = socket;
    this.#address = address;
    this.bytes = new Uint8Array(bytes);
    this.#words = new Uint32Array(bytes);
    setLong(this.#words, At.HEADER + Header.NAME, address + At.NAME);
    setLong(this.#words, At.HEADER + Header.VECTORS, address + At.VECTOR);
    setLong(this.#words, At.HEADER + Header.CONTROL, address + At.CONTROL);
    setLong(this.#words, At.HEADER + Header.VECTOR_COUNT, 1);
    setLong(this.#words, At.VECTOR, address + At.PACKET);
    setLong(this.#words, At.VECTOR + 8, PACKET_BYTES);
  }

  begin(): boolean {
    setLong(this.#words, At.HEADER + Header.NAME_LENGTH, NAME_BYTES);
    setLong(this.#words, At.HEADER + Header.CONTROL_LENGTH, CONTROL_BYTES);
    const { calls, descriptor } = this.#socket;
    const received = calls.receiveMessage(descriptor, this.#address + At.HEADER);
    if (received < 0 && received !== -Errno.EAGAIN && received !== -Errno.EINTR) this.#error = -received;
    this.#isNew = received > 0;
    this.length = Math.max(0, received);
    this.seconds = this.#words[STAMP / 4 + LOW_WORD] as number;
    this.nanos = this.#words[STAMP / 4 + 2 + LOW_WORD] as number;
    this.packetType = this.bytes[PACKET_TYPE] as number;
    return this.#isNew;
  }

  next(): boolean {
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  release(): void {
    // The kernel has copied the packet.
  }

  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }
}
