/** One struct sock_filter. */
interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly constant: number;
}

/** The instructions of a program in host byte order. */
export function instructionsOf(program: Uint8Array): readonly Instruction[] {
  const bytes = program.slice();
  const halves = new Uint16Array(bytes.buffer);
  const words = new Uint32Array(bytes.buffer);
  return Array.from({ length: bytes.length / 8 }, (_, index) => ({
    code: halves[index * 4] as number,
    ifTrue: bytes[index * 8 + 2] as number,
    ifFalse: bytes[index * 8 + 3] as number,
    constant: words[index * 2 + 1] as number,
  }));
}

/** Runs a program as the kernel does (net/core/filter.c): the number it returns, and how many instructions that took. */
export function runFilter(
  program: readonly Instruction[],
  packet: Uint8Array,
  ethertype = 0,
): { verdict: number; steps: number } {
  const machine = { a: 0, x: 0 };
  for (let at = 0, steps = 1; steps <= program.length; steps++) {
    const instruction = program[at] as Instruction;
    if (instruction.code === 0x06) return { verdict: instruction.constant, steps };
    if ((instruction.code & 0x07) === 0x05) at += 1 + jumpOf(instruction, machine.a);
    else if (compute(instruction, machine, { packet, ethertype })) at++;
    else return { verdict: 0, steps };
  }
  throw new Error('the program runs past its end');
}

function jumpOf({ code, ifTrue, ifFalse, constant }: Instruction, a: number): number {
  if (code === 0x05) return constant;
  const holds = { 0x15: a === constant, 0x25: a > constant, 0x35: a >= constant, 0x45: (a & constant) !== 0 }[code];
  if (holds === undefined) throw new Error(`no such jump: ${code}`);
  return holds ? ifTrue : ifFalse;
}

/** False when a load reaches past the end of the packet. */
function compute(
  { code, constant }: Instruction,
  machine: { a: number; x: number },
  { packet, ethertype }: { packet: Uint8Array; ethertype: number },
): boolean {
  const load = (offset: number, size: number): number => {
    if (offset === 0xfffff000) return ethertype;
    if (offset + size > packet.length) return -1;
    return packet.subarray(offset, offset + size).reduce((value, byte) => value * 256 + byte, 0);
  };
  const loads: Readonly<Record<number, () => number>> = {
    0x20: () => load(constant, 4),
    0x28: () => load(constant, 2),
    0x30: () => load(constant, 1),
    0x40: () => load(machine.x + constant, 4),
    0x48: () => load(machine.x + constant, 2),
    0x50: () => load(machine.x + constant, 1),
    0x0c: () => (machine.a + machine.x) >>> 0,
    0x14: () => (machine.a - constant) >>> 0,
    0x64: () => (machine.a << constant) >>> 0,
    0x07: () => (machine.x = machine.a),
  };
  if (code === 0xb1) return (machine.x = (load(constant, 1) & 15) * 4) >= 0 && constant < packet.length;
  const value = loads[code];
  if (value === undefined) throw new Error(`no such instruction: ${code}`);
  machine.a = value();
  return machine.a >= 0;
}
