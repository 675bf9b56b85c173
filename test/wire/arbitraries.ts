import fc from 'fast-check';
import type { Address } from '../../src/wire/address.ts';
import type { MplsLabel, TcpOption } from '../../src/wire/decoded.ts';
import { toHex } from '../../src/wire/bytes.ts';
import { mplsObject } from '../../src/wire/icmp-extensions.ts';
import { type IcmpPacketFields, type TcpPacketFields, encodeIcmpPacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { MAX_OPTION_BYTES, encodeOptions } from '../../src/wire/tcp-options.ts';

export const u8 = fc.integer({ min: 0, max: 0xff });
export const u16 = fc.integer({ min: 0, max: 0xffff });
export const u32 = fc.integer({ min: 0, max: 0xffffffff });
export const address = u32.map((value) => value as Address);

/** Any bytes, with a liking for the values that option and header parsers branch on. */
export const anyBytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).chain((bytes) =>
    fc
      .array(fc.tuple(fc.nat(Math.max(0, bytes.length - 1)), fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 10, 34, 0x45, 0x46, 255)), {
        maxLength: 8,
      })
      .map((edits) => {
        const edited = bytes.slice();
        for (const [at, value] of edits) if (at < edited.length) edited[at] = value;
        return edited;
      }),
  );

const hexOf = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength }).map(toHex);

/** One well-formed option of every kind that has a name, and of kinds that have none. */
const wellFormedOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ kind: 1, name: 'nop' }),
  u16.map((value): TcpOption => ({ kind: 2, name: 'mss', value })),
  u8.map((value): TcpOption => ({ kind: 3, name: 'wscale', value })),
  fc.constant<TcpOption>({ kind: 4, name: 'sackOK' }),
  fc.tuple(u32, u32).map(([value, echo]): TcpOption => ({ kind: 8, name: 'ts', value, echo })),
  fc
    .constantFrom(0, 4, 8, 16)
    .chain((length) => hexOf(length, length))
    .map((cookie): TcpOption => ({ kind: 34, name: 'tfo', cookie })),
  hexOf(8, 8).map((data): TcpOption => ({ kind: 5, name: 'sack', data })),
  hexOf(16, 16).map((data): TcpOption => ({ kind: 19, name: 'md5', data })),
  hexOf(2, 18).map((data): TcpOption => ({ kind: 29, name: 'ao', data })),
  hexOf(1, 18).map((data): TcpOption => ({ kind: 30, name: 'mptcp', data })),
  fc.tuple(fc.constantFrom(253, 254), hexOf(2, 12)).map(([kind, data]): TcpOption => ({ kind, name: 'exp', data })),
  fc
    .tuple(fc.integer({ min: 35, max: 252 }), hexOf(0, 8))
    .map(([kind, data]): TcpOption => ({ kind, name: `kind-${kind}`, data })),
);

/** A list that fits a header: options that would pass the limit are left out. */
export const wellFormedOptions: fc.Arbitrary<readonly TcpOption[]> = fc
  .array(wellFormedOption, { maxLength: 8 })
  .map((options) => {
    const fitting: TcpOption[] = [];
    for (const option of options) if (encodeOptions([...fitting, option]).length <= MAX_OPTION_BYTES) fitting.push(option);
    return fitting;
  });

const wordAligned = (maxWords: number) =>
  fc.nat(maxWords).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 }));

const ipFields = {
  source: address,
  destination: address,
  ttl: u8,
  tos: u8,
  id: u16,
  df: fc.boolean(),
  ipOptions: fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array(0)) }, { weight: 1, arbitrary: wordAligned(10) }),
};

export const tcpPacketFields: fc.Arbitrary<TcpPacketFields> = fc.record({
  ...ipFields,
  sourcePort: u16,
  destinationPort: u16,
  seq: u32,
  ack: u32,
  flags: fc.nat(0x1ff),
  window: u16,
  urgentPointer: u16,
  reserved: fc.nat(7),
  options: fc.oneof(wellFormedOptions, wordAligned(10)),
  payload: fc.uint8Array({ maxLength: 64 }),
});

export const tcpPacket: fc.Arbitrary<Uint8Array> = tcpPacketFields.map(encodeTcpPacket);

export const mplsLabel: fc.Arbitrary<MplsLabel> = fc.record({
  label: fc.nat(0xfffff),
  trafficClass: fc.nat(7),
  bottomOfStack: fc.boolean(),
  ttl: u8,
});

/** An ICMP error that quotes 0 to all bytes of a packet (`quoted`), some with extensions. */
export const icmpErrorsAbout = (
  packets: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<IcmpPacketFields & { readonly quoted: Uint8Array }> =>
  fc
    .record({
      ...ipFields,
      type: fc.constantFrom(3, 4, 5, 11, 12),
      code: fc.nat(15),
      quoted: packets,
      quotedBytes: fc.nat(128),
      labels: fc.array(mplsLabel, { minLength: 1, maxLength: 3 }),
      extend: fc.constantFrom('none', 'length-field', 'legacy'),
    })
    .map(({ quoted, quotedBytes, labels, extend, ...fields }) => {
      const quote = quoted.subarray(0, quotedBytes);
      const carries = extend !== 'none' && (fields.type === 3 || fields.type >= 11);
      return carries
        ? { ...fields, quoted, quote, extensions: [mplsObject(labels)], legacyExtensions: extend === 'legacy' }
        : { ...fields, quoted, quote };
    });

/** Such an error about any TCP packet. */
export const icmpErrorFields: fc.Arbitrary<IcmpPacketFields & { readonly quoted: Uint8Array }> = icmpErrorsAbout(tcpPacket);

export const icmpPacket: fc.Arbitrary<Uint8Array> = icmpErrorFields.map(encodeIcmpPacket);

/** A valid packet, cut somewhere and with a few bytes overwritten: what decoders meet on a hostile wire. */
export const damagedPacket: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.oneof(tcpPacket, icmpPacket), fc.nat(160), fc.array(fc.tuple(fc.nat(120), u8), { maxLength: 6 }))
  .map(([packet, length, edits]) => {
    const damaged = packet.slice(0, Math.max(length, 1));
    for (const [at, value] of edits) if (at < damaged.length) damaged[at] = value;
    return damaged;
  });
