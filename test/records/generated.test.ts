import { describe, expect, it } from 'vitest';

import { recordPage } from '../../scripts/record-page.ts';
import { recordSchema } from '../../scripts/record-schema.ts';
import { readProjectFile } from '../architecture/source-files.ts';

// `scripts/reference` writes the files; here they are compared.
const SCHEMA = 'schema/records-1.json';
const PAGE = 'docs/reference/records.md';

describe('what is generated from the declarations of records', () => {
  it(`${SCHEMA} is up to date`, async () => {
    await expect(`${JSON.stringify(recordSchema(), null, 2)}\n`).toMatchFileSnapshot(`../../${SCHEMA}`);
  });

  it(`${PAGE} is up to date`, async () => {
    await expect(recordPage()).toMatchFileSnapshot(`../../${PAGE}`);
  });

  it('the schema is published', () => {
    const { files } = JSON.parse(readProjectFile('package.json')) as { readonly files: readonly string[] };
    expect(files).toContain('schema');
  });
});
