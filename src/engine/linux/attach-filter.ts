import { INSTRUCTION_BYTES } from './filter-program.ts';
import type { SystemCalls } from './system-calls.ts';

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
/** `struct sock_fprog`: a 16-bit count, padding, the address of the instructions. */
const FPROG_BYTES = 16;

/**
 * Attaches a classic BPF program (struct sock_filter each) to a socket, in place of the one it has: what arrives from now on passes it first.
 * The kernel keeps a copy. Returns 0 or `-errno`; EINVAL for a program that the kernel's checks refuse, ENOMEM for one above net.core.optmem_max.
 */
export function attachFilter(calls: SystemCalls, socket: number, program: Uint8Array): number {
  const memory = calls.map(-1, program.length, 0);
  if (typeof memory === 'number') return memory;
  new Uint8Array(memory.bytes).set(program);
  const fprog = new Uint8Array(FPROG_BYTES);
  new Uint16Array(fprog.buffer)[0] = program.length / INSTRUCTION_BYTES;
  new BigUint64Array(fprog.buffer)[1] = BigInt(memory.address);
  const result = calls.setOption(socket, SOL_SOCKET, SO_ATTACH_FILTER, fprog);
  calls.unmap(memory);
  return result;
}
