import type { Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { SynTemplate } from '../../wire/syn-template.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { TcpOption } from '../../wire/decoded.ts';
import { compileOptions, type CompiledOptions, decodeOptions, formatOptions } from '../../wire/tcp-options.ts';
import type { Syn } from '../craft/syn-maker.ts';
import { synOptions, type SynSpec, synWindow } from '../craft/syn-spec.ts';
import { BATTERY } from './battery.ts';
import type { TestSpec } from './firewall-test.ts';

/** The data of a SYN that carries some: `synscope` in ASCII. */
const DATA = Uint8Array.of(0x73, 0x79, 0x6e, 0x73, 0x63, 0x6f, 0x70, 0x65);
const NOTHING = new Uint8Array(0);

/** The fields that differ from packet to packet. */
export interface PacketNames extends Omit<Syn, 'bytes' | 'source'> {
  readonly ack: number;
}

/** Builds the packets of tests that leave by one interface. */
export class PacketCraft {
  readonly source: Address;
  readonly #spec: SynSpec;
  readonly #window: number;
  readonly #usual: CompiledOptions;
  readonly #options: readonly TcpOption[];

  /** Throws a usage error for options that do not compile. */
  constructor(spec: SynSpec, source: Source) {
    this.source = source.address;
    this.#spec = spec;
    this.#window = synWindow(spec, source);
    this.#usual = synOptions(spec, source);
    this.#options = decodeOptions(this.#usual.bytes);
  }

  /** Names of the usual SYN's options, each once, without fillers. */
  get optionNames(): readonly string[] {
    const names = this.#options.filter(({ kind }) => kind > 1).map(({ name }) => name);
    return [...new Set(names)];
  }

  /** The whole IP packet of a test. */
  packet({ kind, ttl, option }: TestSpec, { target, port, ack, ...names }: PacketNames): Uint8Array {
    const { flags, options, carriesData, badChecksum } = BATTERY[kind];
    const template = new SynTemplate({
      source: this.source,
      ttl: ttl ?? this.#spec.ttl,
      tos: this.#spec.dscp << 2,
      df: this.#spec.df,
      ack: (flags & TcpFlag.ACK) === 0 ? 0 : ack,
      flags,
      window: this.#window,
      options: options === 'usual' ? this.#usual : this.#only(option),
      payload: carriesData ? DATA : NOTHING,
      badChecksum,
    });
    return template.packet({ ...names, destination: target, destinationPort: port });
  }

  /** The usual options of that name, none for null. TSval varies where it does in the usual list. */
  #only(name: string | null): CompiledOptions {
    const chosen = this.#options.filter((option) => option.name === name);
    const text = name === 'ts' && this.#usual.tsvalOffset !== null ? name : formatOptions(chosen);
    const compiled = compileOptions(text);
    if (!compiled.ok) throw new RangeError(`options: ${compiled.offending}`);
    return compiled;
  }
}

/** Length of the data that packets of a kind carry. */
export function dataLength({ kind }: Pick<TestSpec, 'kind'>): number {
  return BATTERY[kind].carriesData ? DATA.length : 0;
}
