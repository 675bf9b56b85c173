import { Socket, type SystemCalls } from './system-calls.ts';

/** Codes of classic BPF (linux/filter.h). `at`: from the packet's start; `from X`: from register X on. */
export const Bpf = {
  LOAD_WORD_AT: 0x20,
  LOAD_HALF_AT: 0x28,
  LOAD_BYTE_AT: 0x30,
  LOAD_WORD_FROM_X: 0x40,
  LOAD_HALF_FROM_X: 0x48,
  LOAD_BYTE_FROM_X: 0x50,
  /** X = four times the low half of the byte: the length of an IPv4 header. */
  LOAD_X_HEADER_LENGTH: 0xb1,
  ADD_X: 0x0c,
  SUBTRACT: 0x14,
  SHIFT_LEFT: 0x64,
  A_TO_X: 0x07,
  JUMP: 0x05,
  JUMP_IF_EQUAL: 0x15,
  JUMP_IF_ABOVE: 0x25,
  JUMP_IF_AT_LEAST: 0x35,
  JUMP_IF_ANY_BIT: 0x45,
  RETURN: 0x06,
} as const;

/** Bytes of a struct sock_filter: code 2, offset if true 1, offset if false 1, constant 4. */
const INSTRUCTION_BYTES = 8;

const SO_ATTACH_FILTER = 26;
/** `struct sock_fprog`: a 16-bit count, padding, the address of the instructions. */
const FPROG_BYTES = 16;

/** More runs than this become one: the kernel takes 4096 instructions, and sessions check ports anyway. */
const MAX_RUNS = 256;

/** A place in a program to jump to. */
export type Label = number & { readonly label: unique symbol };

/** One below what 8 bits hold: the other target's detour may come in between. */
const NEAR = 254;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, constant: number];

/**
 * A classic BPF program, written from its end to its start: jumps only go forward, so each target is known
 * before.
 */
export class FilterProgram {
  readonly #reversed: Instruction[] = [];
  /** For a target that conditional jumps no longer reach, the last unconditional jump to it. */
  readonly #detours = new Map<Label, Label>();

  /** Puts an instruction in front of the program, and returns the label of it. */
  prepend(code: number, constant: number): Label {
    return (this.#reversed.push([code, 0, 0, constant]) - 1) as Label;
  }

  /** Puts a conditional jump in front; unconditional jumps help where its 8-bit offsets do not reach. */
  branch(code: number, constant: number, ifTrue: Label, ifFalse: Label): Label {
    const nearTrue = this.#within(ifTrue);
    const nearFalse = this.#within(ifFalse);
    const instruction = [code, this.#distance(nearTrue), this.#distance(nearFalse), constant] as const;
    return (this.#reversed.push(instruction) - 1) as Label;
  }

  /**
   * Puts in front a binary search for A in `runs` (`[first, last]`, ascending, apart), two instructions a
   * run.
   */
  search(runs: readonly (readonly [number, number])[], inside: Label, outside: Label): Label {
    if (runs.length === 0) return this.prepend(Bpf.JUMP, this.#distance(outside));
    const borders = runs.flatMap(([first, last]) => [first, last + 1]);
    const between = (low: number, high: number): Label => {
      // So many borders are passed; after an odd number of them A is inside a run.
      if (low === high) return low % 2 === 1 ? inside : outside;
      const middle = (low + high) >>> 1;
      const above = between(middle + 1, high);
      const below = between(low, middle);
      return this.branch(Bpf.JUMP_IF_AT_LEAST, borders[middle] as number, above, below);
    };
    return between(0, borders.length);
  }

  /** The program as an array of struct sock_filter in host byte order. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#reversed.length * INSTRUCTION_BYTES);
    const halves = new Uint16Array(bytes.buffer);
    const words = new Uint32Array(bytes.buffer);
    this.#reversed.toReversed().forEach(([code, ifTrue, ifFalse, constant], index) => {
      halves[index * 4] = code;
      bytes[index * INSTRUCTION_BYTES + 2] = ifTrue;
      bytes[index * INSTRUCTION_BYTES + 3] = ifFalse;
      words[index * 2 + 1] = constant;
    });
    return bytes;
  }

  /** Instructions between the next one to be put and `label`. */
  #distance(label: Label): number {
    return this.#reversed.length - label - 1;
  }

  #within(target: Label): Label {
    if (this.#distance(target) <= NEAR) return target;
    const known = this.#detours.get(target);
    if (known !== undefined && this.#distance(known) <= NEAR) return known;
    const detour = this.prepend(Bpf.JUMP, this.#distance(target));
    this.#detours.set(target, detour);
    return detour;
  }
}

/**
 * Attaches a program (struct sock_filter each) to a socket, in place of the one it has; the kernel copies it.
 * Returns 0 or `-errno`: EINVAL for one that the kernel's checks refuse, ENOMEM above net.core.optmem_max.
 */
export function attachFilter(calls: SystemCalls, socket: number, program: Uint8Array): number {
  const memory = calls.map(-1, program.length, 0);
  if (typeof memory === 'number') return memory;
  new Uint8Array(memory.bytes).set(program);
  const fprog = new Uint8Array(FPROG_BYTES);
  new Uint16Array(fprog.buffer)[0] = program.length / INSTRUCTION_BYTES;
  new BigUint64Array(fprog.buffer)[1] = BigInt(memory.address);
  const result = calls.setOption(socket, Socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog);
  calls.unmap(memory);
  return result;
}

/**
 * Ports (ascending) as runs of consecutive ones, `[first, last]`, at most 256; more become one run from the
 * lowest to the highest: a filter may let more through than was asked for, never less.
 */
export function portRuns(ports: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const port of ports) {
    const run = runs.at(-1);
    if (run !== undefined && port === run[1] + 1) run[1] = port;
    else runs.push([port, port]);
  }
  if (runs.length <= MAX_RUNS) return runs;
  return [[ports[0] as number, ports.at(-1) as number]];
}
