import type { MappedMemory, SystemCalls } from '../../../src/engine/linux/system-calls.ts';

const TX_PAGE = 0x80000000;
/** Where the fake's rings have their producer, consumer and entries. */
const PRODUCER = 0;
const CONSUMER = 64;
const ENTRIES = 128;

/** What a kick does to the frames that stand in the ring. */
export interface Kick {
  /** Takes this many of them at most. */
  readonly take: number;
  /** What sendto returns. */
  readonly result: number;
  /** False keeps the ring untouched: the link is down. */
  readonly looks?: boolean;
}

/** As much of the kernel as an AF_XDP transmit ring in copy mode needs, with refusals as a script; net/xdp/xsk.c is the model. */
export class XdpKernel {
  /** Frames that left, as text. */
  readonly sent: string[] = [];
  /** Kicks to come; after these everything is taken. */
  readonly script: Kick[] = [];
  /** Results of coming binds; after these 0. */
  readonly binds: number[] = [];
  /** Bytes of UMEM from which on registering fails with ENOBUFS. */
  lockable = Infinity;
  socketResult = 7;
  /** Frames come back at once, or when `complete` is called. */
  completesAtOnce = true;
  /** Kernels before 6.17 tell of taken frames only when they come back to an empty ring. */
  tellsLate = false;
  budgetResult = 0;
  open = 0;
  mapped = 0;
  readonly #pending: number[] = [];
  readonly #statistics = new BigUint64Array(6);
  #taken = 0;
  #umem: MappedMemory | null = null;
  #tx: MappedMemory | null = null;
  #completion: MappedMemory | null = null;

  /** The calls that are used, and nothing else. */
  get calls(): SystemCalls {
    const used: Partial<SystemCalls> = {
      socket: () => {
        if (this.socketResult > 0) this.open++;
        return this.socketResult;
      },
      close: () => {
        this.open--;
        return 0;
      },
      bind: () => this.binds.shift() ?? 0,
      setOption: (_, __, option, value) => this.#set(option, value),
      getOption: (_, __, option, value) => this.#get(option, value),
      map: (descriptor, length, offset) => this.#map(descriptor, length, offset),
      unmap: () => {
        this.mapped--;
        return 0;
      },
      kick: () => this.#kick(),
    };
    return used as SystemCalls;
  }

  /** Gives frames back that were held. */
  complete(count: number): void {
    const { words } = view(this.#completion);
    const longs = new BigUint64Array((this.#completion as MappedMemory).bytes, ENTRIES);
    for (const address of this.#pending.splice(0, count)) {
      const at = words[PRODUCER / 4] as number;
      longs[at & (longs.length - 1)] = BigInt(address);
      words[PRODUCER / 4] = at + 1;
    }
  }

  #set(option: number, value: Uint8Array): number {
    const UMEM_REG = 4;
    const BUDGET = 9;
    if (option === BUDGET) return this.budgetResult;
    if (option !== UMEM_REG) return 0;
    return Number(new BigUint64Array(value.slice().buffer)[1]) >= this.lockable ? -105 : 0;
  }

  #get(option: number, value: Uint8Array): number {
    const MMAP_OFFSETS = 1;
    const into = new BigUint64Array(value.buffer);
    if (option !== MMAP_OFFSETS) into.set(this.#statistics);
    else for (let ring = 0; ring < 4; ring++) into.set([PRODUCER, CONSUMER, ENTRIES, 32].map(BigInt), ring * 4);
    return value.length;
  }

  #map(descriptor: number, length: number, offset: number): MappedMemory {
    const memory = { address: 0x7f00_1234_5000, bytes: new ArrayBuffer(length) };
    this.mapped++;
    if (descriptor < 0) this.#umem = memory;
    else if (offset === TX_PAGE) this.#tx = memory;
    else this.#completion = memory;
    return memory;
  }

  #kick(): number {
    const { take, result, looks = true } = this.script.shift() ?? { take: Infinity, result: 0 };
    if (!looks) return result;
    for (let taken = 0; taken < take && !this.#isEmpty();) taken += this.#takeOne() ? 1 : 0;
    if (!this.tellsLate || this.#isEmpty()) view(this.#tx).words[CONSUMER / 4] = this.#taken;
    if (this.completesAtOnce) this.complete(this.#pending.length);
    return result;
  }

  #isEmpty(): boolean {
    return this.#taken === view(this.#tx).words[PRODUCER / 4];
  }

  /** False for an invalid descriptor. */
  #takeOne(): boolean {
    const { bytes } = this.#tx as MappedMemory;
    const entries = (bytes.byteLength - ENTRIES) / 16;
    const at = ENTRIES + (this.#taken++ & (entries - 1)) * 16;
    const address = Number(new BigUint64Array(bytes, at, 1)[0]);
    const length = new Uint32Array(bytes, at + 8, 1)[0] as number;
    const umem = (this.#umem as MappedMemory).bytes;
    if (address + length > umem.byteLength) {
      this.#statistics[2] = (this.#statistics[2] as bigint) + 1n;
      return false;
    }
    this.sent.push(Buffer.from(umem, address, length).toString('latin1'));
    this.#pending.push(address);
    return true;
  }
}

function view(memory: MappedMemory | null): { words: Int32Array } {
  return { words: new Int32Array((memory as MappedMemory).bytes) };
}
