import type { TokenOptions } from '../../run/options/token.ts';
import { anyText } from '../parse/values.ts';
import { type FlagTable, flagValue } from './flag.ts';

/** The secret that both ends share. */
export const TOKEN_FLAGS: FlagTable<TokenOptions> = {
  token: flagValue(
    {
      group: 'Responder',
      argument: 'T',
      description: 'the secret that both ends share; it shows in the list of processes, --token-file and SYNSCOPE_TOKEN do not',
      defaultText: 'the environment variable SYNSCOPE_TOKEN',
    },
    anyText('a secret of 12 characters or more'),
  ),
  tokenFile: flagValue(
    { group: 'Responder', argument: 'FILE', description: 'read the secret from FILE' },
    anyText('the name of a file'),
  ),
};
