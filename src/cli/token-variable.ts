import type { TokenOptions } from '../run/options/token.ts';
import type { Environment } from './environment.ts';

/** Where the secret is looked for when no flag names it. */
const TOKEN_VARIABLE = 'SYNSCOPE_TOKEN';

/** The options with the environment's token where they name none. */
export function withToken<O extends TokenOptions>(options: O, { variables }: Pick<Environment, 'variables'>): O {
  const token = variables[TOKEN_VARIABLE];
  const isGiven = options.token !== undefined || options.tokenFile !== undefined;
  return isGiven || token === undefined || token === '' ? options : { ...options, token };
}
