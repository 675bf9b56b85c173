import type { Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { readU16, writeU16 } from '../../wire/bytes.ts';
import { IPV4_HEADER_BYTES } from '../../wire/ipv4.ts';
import { encodeTcpPacket } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { TcpOption } from '../../wire/tcp-option.ts';
import { compileOptions, decodeOptions } from '../../wire/tcp-options.ts';
import { TcpOffset } from '../../wire/tcp.ts';
import { optionsFor, windowFor } from '../craft/profiles.ts';
import type { SynSpec } from '../craft/syn-spec.ts';
import { BATTERY } from './battery.ts';
import type { TestSpec } from './firewall-test.ts';

/** `synscope` in ASCII: what a SYN with data carries. */
const DATA = Uint8Array.of(0x73, 0x79, 0x6e, 0x73, 0x63, 0x6f, 0x70, 0x65);
const CHECKSUM_AT = IPV4_HEADER_BYTES + TcpOffset.CHECKSUM;
const NOTHING = new Uint8Array(0);

/** What tells one packet from all others. */
export interface PacketNames {
  readonly destination: Address;
  readonly sourcePort: number;
  readonly seq: number;
  readonly ack: number;
  readonly tsval: number;
  readonly ipId: number;
}

/** Builds the packets of tests as they leave by one way out. */
export class PacketCraft {
  readonly source: Address;
  readonly #spec: SynSpec;
  readonly #window: number;
  readonly #options: readonly TcpOption[];
  /** True where the text leaves TSval to each packet. */
  readonly #opensTsval: boolean;

  /** Throws a RangeError for options that do not compile. */
  constructor(spec: SynSpec, source: Source) {
    const compiled = compileOptions(spec.options ?? optionsFor(spec.profile, source.mtu));
    if (!compiled.ok) throw new RangeError(`options: ${compiled.offending}`);
    this.source = source.address;
    this.#spec = spec;
    this.#window = spec.window ?? windowFor(spec.profile, source.mtu);
    this.#options = decodeOptions(compiled.bytes);
    this.#opensTsval = compiled.tsvalOffset !== null;
  }

  /** Names of the options that the usual SYN carries, each once; fillers are none. */
  get optionNames(): readonly string[] {
    const names = this.#options.filter(({ kind }) => kind > 1).map(({ name }) => name);
    return [...new Set(names)];
  }

  /** The whole IP packet of a test. */
  packet({ kind, port, ttl, option }: TestSpec, names: PacketNames): Uint8Array {
    const { flags, options, carriesData, badChecksum } = BATTERY[kind];
    const usual = options === 'none' ? [] : this.#options;
    const chosen = options === 'one' ? usual.filter(({ name }) => name === option) : usual;
    const packet = encodeTcpPacket({
      source: this.source,
      destination: names.destination,
      sourcePort: names.sourcePort,
      destinationPort: port,
      ttl: ttl ?? this.#spec.ttl,
      tos: this.#spec.dscp << 2,
      id: names.ipId,
      df: this.#spec.df,
      seq: names.seq,
      ack: (flags & TcpFlag.ACK) === 0 ? 0 : names.ack,
      flags,
      window: this.#window,
      options: chosen.map((one) => this.#withTsval(one, names.tsval)),
      payload: carriesData ? DATA : NOTHING,
    });
    if (badChecksum) spoilChecksum(packet);
    return packet;
  }

  #withTsval(option: TcpOption, tsval: number): TcpOption {
    return this.#opensTsval && option.name === 'ts' && 'echo' in option ? { ...option, value: tsval } : option;
  }
}

/** Length of the data that packets of a kind carry. */
export function dataLength({ kind }: Pick<TestSpec, 'kind'>): number {
  return BATTERY[kind].carriesData ? DATA.length : 0;
}

/** Flipping these bits never gives a checksum that is the same in one's complement; 0 is left out since offloads read it as not filled in. */
function spoilChecksum(packet: Uint8Array): void {
  const wrong = readU16(packet, CHECKSUM_AT) ^ 0x5555;
  writeU16(packet, CHECKSUM_AT, wrong === 0 ? 0xaaaa : wrong);
}
