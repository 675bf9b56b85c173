import { describe, expect, expectTypeOf, it } from 'vitest';

import { isLiteral, readType, SCALARS } from '../../scripts/record-types.ts';
import type { Finding as FoundByAnalysis } from '../../src/analysis/finding.ts';
import type { Answers } from '../../src/analysis/handshake/diagnose.ts';
import type { MssVerdict as JudgedByAnalysis } from '../../src/analysis/mss/mss-verdict.ts';
import type { Change as SeenByAnalysis } from '../../src/analysis/packet-diff/change.ts';
import type { HandshakeRecord } from '../../src/records/handshake/records.ts';
import type { MssVerdict } from '../../src/records/mss/records.ts';
import type { HopRecord } from '../../src/records/path/records.ts';
import type { PortRecord } from '../../src/records/probe/records.ts';
import type { Finding, Reply } from '../../src/records/records.ts';

import { fieldsOf } from '../../src/records/shape.ts';
import { COMMAND_RECORDS, SHAPES } from '../../src/records/shapes.ts';
import { WORDS } from '../../scripts/record-words.ts';
import { sourceFiles } from '../architecture/source-files.ts';
import type { TcpOption } from '../../src/wire/decoded.ts';

const fields = Object.entries(SHAPES).flatMap(([shape, declared]) =>
  fieldsOf(declared).map(([field, [type, sentence]]) => ({ shape, field, type, sentence })),
);

describe('the declarations of records', () => {
  it('give no name twice', () => {
    const names = [SCALARS, WORDS, SHAPES].flatMap((table) => Object.keys(table));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('use only names that exist, and all of them', () => {
    const aliases = Object.values(SHAPES).flatMap((shape) => shape.$is ?? []);
    const used = [...fields.map(({ type }) => type), ...aliases].flatMap((type) => readType(type).map(({ name }) => name));
    const known = [SCALARS, WORDS, SHAPES].flatMap((table) => Object.keys(table));
    const records = Object.values(COMMAND_RECORDS).flatMap((command) => command.records);
    expect(used.filter((name) => !isLiteral(name) && !known.includes(name))).toEqual([]);
    expect(known.filter((name) => !used.includes(name) && !records.includes(name))).toEqual([]);
  });

  it('say of every field what it is, in a sentence', () => {
    expect(fields.filter(({ sentence }) => !/^[`A-Z0-9].*[.]{1,3}$/.test(sentence))).toEqual([]);
    expect(Object.values(SHAPES).filter(({ $about }) => !/^[`A-Z].*[.`]$/.test($about))).toEqual([]);
  });

  it('begin every record with its type', () => {
    const records = Object.values(COMMAND_RECORDS).flatMap((command) => command.records);
    const first = records.map((name) => fields.find(({ shape }) => shape === name));
    expect(first.filter((one) => one?.field !== 'type')).toEqual([]);
  });

  it('cost no start: other files take types from them alone', () => {
    const takers = sourceFiles().filter(({ text }) => /import \{[^}]*_SHAPES\b[^}]*\}/.test(text));
    expect(takers.map(({ path }) => path)).toEqual(['records/shapes.ts']);
    const users = sourceFiles().filter(({ imports }) => imports.some(({ from }) => from === 'records/shapes.ts'));
    expect(users.map(({ path }) => path)).toEqual([]);
  });

  it('have the types of the layers below', () => {
    expectTypeOf<Finding>().toEqualTypeOf<FoundByAnalysis>();
    expectTypeOf<MssVerdict>().toEqualTypeOf<JudgedByAnalysis>();
    expectTypeOf<HopRecord['changes'][number]>().toEqualTypeOf<SeenByAnalysis>();
    expectTypeOf<Reply['options'][number]>().toEqualTypeOf<TcpOption>();
    expectTypeOf<Pick<HandshakeRecord, keyof Answers>>().toEqualTypeOf<Answers>();
    expectTypeOf<PortRecord['state']>().toEqualTypeOf<'open' | 'closed' | 'filtered' | 'error'>();
    expectTypeOf<PortRecord['reply']>().toEqualTypeOf<Reply | null>();
    // @ts-expect-error -- where two types differ, this does not compile
    expectTypeOf<Reply>().toEqualTypeOf<Finding>();
  });
});
