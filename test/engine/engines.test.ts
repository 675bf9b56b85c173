import { describe, expect, test } from 'vitest';
import { engineError, type Engine, type EngineOptions, type EngineProblem } from '../../src/engine/engine.ts';
import { ENGINE_CHOICES, ENGINES, enginesFor, openFirst } from '../../src/engine/engines.ts';
import { SimulatedRoutes } from '../network/simulated-routes.ts';
import { local } from '../network/local.ts';
import { usageError } from '../../src/errors.ts';
import type { Transport } from '../../src/transport/transport.ts';

function options(warnings: string[]): EngineOptions {
  return { sourcePorts: [1], interface: null, routes: new SimulatedRoutes(local()), warn: (line) => void warnings.push(line) };
}

function refusing(name: Engine['name'], code: EngineProblem['code']): Engine {
  const problem = { code, message: `no ${name} here`, hint: 'buy another' };
  return { name, description: '', check: () => Promise.resolve(problem), open: () => Promise.reject(engineError(problem)) };
}

const opened = {} as Transport;
const working: Engine = {
  name: 'raw-cap',
  description: '',
  check: () => Promise.resolve(null),
  open: () => Promise.resolve(opened),
};

describe('engines', () => {
  test('are asked for by name', () => {
    for (const engine of ENGINES) expect(enginesFor(engine.name)).toEqual([engine]);
  });

  test('an unknown name is a usage error that quotes it and lists the names', () => {
    expect(() => enginesFor('turbo')).toThrow(
      expect.objectContaining({
        code: 'usage',
        exitCode: 2,
        message: `--engine "turbo": accepted are ${ENGINE_CHOICES.join(', ')}`,
      }) as Error,
    );
  });

  test('auto is all of them, the packet ring first', () => {
    expect(enginesFor('auto').map(({ name }) => name)).toEqual(['packet-ring', 'raw-cap']);
  });
});

describe('the first that opens', () => {
  test.each(['not-supported', 'not-installed'] as const)(
    'an engine that is %s makes room for the next, with one line',
    async (code) => {
      const warnings: string[] = [];
      expect(await openFirst([refusing('packet-ring', code), working], options(warnings))).toBe(opened);
      expect(warnings).toEqual(['packet-ring is not used: no packet-ring here; using raw-cap']);
    },
  );

  test('missing rights are missing for all', async () => {
    const warnings: string[] = [];
    const opening = openFirst([refusing('packet-ring', 'not-permitted'), working], options(warnings));
    await expect(opening).rejects.toMatchObject({ code: 'not-permitted', message: 'no packet-ring here' });
    expect(warnings).toEqual([]);
  });

  test('when none opens one error says of each why, with the last one’s code and hint, and nothing else is said', async () => {
    const warnings: string[] = [];
    const engines = [refusing('packet-ring', 'not-supported'), refusing('raw-cap', 'not-permitted')];
    await expect(openFirst(engines, options(warnings))).rejects.toMatchObject({
      code: 'not-permitted',
      exitCode: 3,
      message: 'no engine can run here: packet-ring: no packet-ring here; raw-cap: no raw-cap here',
      hint: 'buy another',
    });
    expect(warnings).toEqual([]);
  });

  test('the only one that was asked for speaks for itself', async () => {
    const opening = openFirst([refusing('packet-ring', 'not-supported')], options([]));
    await expect(opening).rejects.toMatchObject({ code: 'not-installed', message: 'no packet-ring here' });
  });

  test('bad input that the next one finds is not said to be the first one’s', async () => {
    const warnings: string[] = [];
    const error = usageError('--interface', 'eth7', 'there is no such interface');
    const picky: Engine = { ...working, open: () => Promise.reject(error) };
    await expect(openFirst([refusing('packet-ring', 'not-supported'), picky], options(warnings))).rejects.toBe(error);
    expect(warnings).toEqual([]);
  });

  test('an error of the program is nobody’s turn', async () => {
    const broken: Engine = { ...working, name: 'packet-ring', open: () => Promise.reject(new TypeError('bug')) };
    await expect(openFirst([broken, working], options([]))).rejects.toThrow('bug');
  });
});
