import { describe, expect, test } from 'vitest';
import { ENGINE_CHOICES, ENGINES, selectEngine } from '../../src/engine/engines.ts';

describe('engines', () => {
  test('are asked for by name', async () => {
    for (const engine of ENGINES) expect(await selectEngine(engine.name)).toBe(engine);
  });

  test('an unknown name is a usage error that quotes it and lists the names', async () => {
    await expect(selectEngine('turbo')).rejects.toMatchObject({
      code: 'usage',
      exitCode: 2,
      message: `--engine "turbo": accepted are ${ENGINE_CHOICES.join(', ')}`,
    });
  });

  test('auto is always one of the table', async () => {
    expect(ENGINES).toContain(await selectEngine('auto'));
  });
});
