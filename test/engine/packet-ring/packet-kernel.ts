import type { MappedMemory, SystemCalls } from '../../../src/engine/linux/system-calls.ts';

/** Bytes of a struct mmsghdr on 64-bit Linux, and where its msg_len stands. */
const HEADER = 64;
const SENT_LENGTH = 56;

/** A call that a thread of the pool is to make. */
interface AsideCall {
  readonly headers: number;
  readonly count: number;
  readonly done: (sent: number) => void;
}

/** Reads mmsghdr and iovec where they point to, as the kernel does; refusals as a script: how many messages it takes, or `-errno`. */
export class PacketKernel {
  readonly sent: string[] = [];
  readonly script: number[] = [];
  /** What a thread of the pool has been asked to send and has not sent. */
  readonly aside: AsideCall[] = [];
  bindResult = 0;
  open = 0;
  mapped: MappedMemory[] = [];

  get calls(): SystemCalls {
    const used: Partial<SystemCalls> = {
      socket: () => ++this.open,
      close: () => --this.open,
      bind: () => this.bindResult,
      setOption: () => 0,
      map: (_, length) => {
        // The first mapping crosses a multiple of 2^32.
        const memory = { address: 0x7f01_0000_0000 - 4096 + this.mapped.length * 0x1000_0000, bytes: new ArrayBuffer(length) };
        this.mapped.push(memory);
        return memory;
      },
      unmap: (memory) => {
        this.mapped = this.mapped.filter((other) => other !== memory);
        return 0;
      },
      sendMessages: (_, headers, count) => {
        this.meanwhile();
        return this.take(headers, Math.min(count, this.script.shift() ?? count));
      },
      sendMessagesAside: (_, headers, count, done) => void this.aside.push({ headers, count, done }),
    };
    return used as SystemCalls;
  }

  /** Called before each call that this thread makes. */
  meanwhile: () => void = () => undefined;

  /** Takes `count` messages, as sendmmsg(2) does: it notes in each header how many bytes went. */
  take(headers: number, count: number): number {
    for (let index = 0; index < count; index++) {
      const message = this.#message(headers + index * HEADER);
      const { bytes, offset } = this.#at(headers + index * HEADER + SENT_LENGTH);
      new Uint32Array(bytes, offset, 1)[0] = message.length;
      this.sent.push(message);
    }
    return count;
  }

  /** The thread makes the call that it was asked for, of which the kernel takes `most` messages; returns what tells the event loop. */
  sendAside(most: number = Infinity): () => void {
    const call = this.aside.shift();
    if (call === undefined) throw new Error('nothing was asked for');
    const sent = this.take(call.headers, Math.min(call.count, most));
    return () => call.done(sent);
  }

  #message(header: number): string {
    const [vector, vectors] = this.#longs(header + 16, 2);
    if (vectors !== 1) throw new Error(`${vectors} vectors`);
    const [base, length] = this.#longs(vector as number, 2);
    const { bytes, offset } = this.#at(base as number);
    return Buffer.from(bytes, offset, length).toString('latin1');
  }

  #longs(address: number, count: number): number[] {
    const { bytes, offset } = this.#at(address);
    return Array.from(new BigUint64Array(bytes, offset, count), Number);
  }

  #at(address: number): { bytes: ArrayBuffer; offset: number } {
    const memory = this.mapped.find((one) => address >= one.address && address < one.address + one.bytes.byteLength);
    if (memory === undefined) throw new Error(`EFAULT ${address.toString(16)}`);
    return { bytes: memory.bytes, offset: address - memory.address };
  }
}
