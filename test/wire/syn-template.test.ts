import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/wire/address.ts';
import { readU16, writeU32 } from '../../src/wire/bytes.ts';
import { foldChecksum, onesSum } from '../../src/wire/checksum.ts';
import { tcpPseudoSum } from '../../src/wire/tcp.ts';
import { encodeTcpPacket } from '../../src/wire/packet.ts';
import { SynTemplate, type SynTemplateFields } from '../../src/wire/syn-template.ts';
import { type CompiledOptions, compileOptions } from '../../src/wire/tcp-options.ts';
import { address, u16, u32, u8 } from './arbitraries.ts';

function compiled(text: string): CompiledOptions {
  const options = compileOptions(text);
  if (!options.ok) throw new Error(options.offending);
  return options;
}

const optionText = fc.constantFrom(
  'none',
  'ts',
  'mss=1460,sackOK,ts,nop,wscale=7',
  'nop,ts',
  'wscale=7,ts,tfo',
  'ts=7',
  'md5,ts',
  'raw=01,ts,mss=536',
);

const templateFields: fc.Arbitrary<SynTemplateFields> = fc.record({
  source: address,
  options: optionText.map(compiled),
  ttl: u8,
  tos: u8,
  window: u16,
  flags: fc.nat(0x1ff),
  df: fc.boolean(),
  payload: fc.uint8Array({ maxLength: 33 }),
  badChecksum: fc.constant(false),
});

const probeFields = fc.record({ destination: address, sourcePort: u16, destinationPort: u16, seq: u32, tsval: u32, ipId: u16 });

const PLAIN: SynTemplateFields = {
  source: parseAddress('10.0.0.1') as Address,
  options: compiled('none'),
  ttl: 64,
  tos: 0,
  window: 1024,
  flags: 2,
  df: true,
  payload: new Uint8Array(0),
  badChecksum: false,
};

const PLAIN_PROBE = { destination: PLAIN.source, sourcePort: 1, destinationPort: 2, seq: 3, tsval: 4, ipId: 5 };

/** The probe as the general encoder makes it. */
function expectedPacket(
  fields: SynTemplateFields,
  probe: { readonly tsval: number; readonly ipId: number } & Parameters<SynTemplate['write']>[2],
): Uint8Array {
  const options = fields.options.bytes.slice();
  if (fields.options.tsvalOffset !== null) writeU32(options, fields.options.tsvalOffset, probe.tsval);
  return encodeTcpPacket({ ...fields, ...probe, id: probe.ipId, options });
}

function tcpSum(packet: Uint8Array, source: Address, destination: Address): number {
  return onesSum(packet, 20, packet.length - 20, tcpPseudoSum(source, destination, packet.length - 20));
}

describe('a SYN template', () => {
  it('writes what the general encoder writes, over whatever stood there and nowhere else', () => {
    fc.assert(
      fc.property(
        templateFields,
        fc.array(probeFields, { minLength: 1, maxLength: 4 }),
        u8,
        fc.nat(9),
        (fields, probes, dirt, offset) => {
          const template = new SynTemplate(fields);
          for (const probe of probes) {
            const into = new Uint8Array(160).fill(dirt);
            const length = template.write(into, offset, probe);
            expect(length).toBe(template.length);
            expect(into.subarray(offset, offset + length)).toEqual(expectedPacket(fields, probe));
            expect(into.subarray(0, offset).every((byte) => byte === dirt)).toBe(true);
            expect(into.subarray(offset + length).every((byte) => byte === dirt)).toBe(true);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('patches many packets into what it writes one by one, and touches nothing between them', () => {
    const many = fc.array(probeFields, { maxLength: 9 });
    fc.assert(
      fc.property(templateFields, fc.boolean(), many, fc.nat(9), (plain, badChecksum, probes, offset) => {
        const template = new SynTemplate({ ...plain, badChecksum });
        const stride = template.length + offset;
        const sourcePort = probes[0]?.sourcePort ?? 0;
        const [byOne, together] = [new Uint8Array(10 * stride), new Uint8Array(10 * stride)].map((bytes) => bytes.fill(0xee));
        if (byOne === undefined || together === undefined) throw new Error('two arrays');
        probes.forEach((probe, index) => {
          template.write(byOne, offset + index * stride, { ...probe, sourcePort });
          template.write(together, offset + index * stride, { ...PLAIN_PROBE, sourcePort: probe.sourcePort });
        });
        const columns = {
          destinations: Int32Array.from(probes, ({ destination }) => destination),
          destinationPorts: Uint16Array.from(probes, ({ destinationPort }) => destinationPort),
          seqs: Int32Array.from(probes, ({ seq }) => seq),
          tsvals: Int32Array.from(probes, ({ tsval }) => tsval),
          ipIds: Uint16Array.from(probes, ({ ipId }) => ipId),
        };
        template.patchMany({ bytes: new DataView(together.buffer), offset, stride }, sourcePort, columns, probes.length);
        expect(together).toEqual(byOne);
      }),
    );
  });

  it('makes a wrong TCP checksum that is never right and never 0, and all else right', () => {
    fc.assert(
      fc.property(templateFields, probeFields, (fields, probe) => {
        const into = new Uint8Array(160);
        const length = new SynTemplate({ ...fields, badChecksum: true }).write(into, 0, probe);
        const packet = into.subarray(0, length);
        expect(foldChecksum(tcpSum(packet, fields.source, probe.destination))).not.toBe(0);
        expect(packet.subarray(36, 38)).not.toEqual(new Uint8Array(2));
        const right = expectedPacket(fields, probe);
        packet.set(right.subarray(36, 38), 36);
        expect(packet).toEqual(right);
      }),
    );
  });

  it('makes a wrong checksum wrong for each of the 65536 right ones', () => {
    const good = new SynTemplate(PLAIN);
    const bad = new SynTemplate({ ...PLAIN, badChecksum: true });
    const destination = parseAddress('10.0.0.2') as Address;
    const into = new Uint8Array(40);
    const seen = new Set<number>();
    const failures: number[] = [];
    for (let seq = 0; seq <= 0xffff; seq += 1) {
      const probe = { destination, sourcePort: 1, destinationPort: 2, seq, tsval: 0, ipId: 0 };
      good.write(into, 0, probe);
      seen.add(readU16(into, 36));
      if (foldChecksum(tcpSum(into, PLAIN.source, destination)) !== 0) failures.push(seq);
      bad.write(into, 0, probe);
      if (foldChecksum(tcpSum(into, PLAIN.source, destination)) === 0 || readU16(into, 36) === 0) failures.push(seq);
    }
    expect(failures).toEqual([]);
    expect(seen.size).toBe(65_535);
  });

  it('keeps its own copy of the options', () => {
    const options = compiled('mss=1460,ts');
    const template = new SynTemplate({ ...PLAIN, options });
    expect(template.optionBytes).toEqual(options.bytes);
    expect(template.optionBytes.buffer).not.toBe(options.bytes.buffer);
  });
});
