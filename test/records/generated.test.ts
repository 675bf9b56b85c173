import { describe, expect, it } from 'vitest';

import { recordPage } from '../../scripts/record-page.ts';
import { recordSchema } from '../../scripts/record-schema.ts';

// `scripts/reference` writes the files; here they are compared.
describe('what is generated from the declarations of records', () => {
  it('schema/records-1.json is up to date', async () => {
    await expect(`${JSON.stringify(recordSchema(), null, 2)}\n`).toMatchFileSnapshot('../../schema/records-1.json');
  });

  it('docs/reference/records.md is up to date', async () => {
    await expect(recordPage()).toMatchFileSnapshot('../../docs/reference/records.md');
  });
});
