import type { RespondOptions } from '../../run/respond/respond.ts';
import { anyText, wholeNumber } from '../parse/values.ts';
import { type FlagTable, flagValue } from './flag.ts';
import { TOKEN_FLAGS } from './token-flags.ts';
import { NETWORK_FLAGS } from './network-flags.ts';

/** What the library's `respond` takes as text. */
export type RespondRunOptions = Omit<RespondOptions, 'signal' | 'onWarning'>;

/** The flags of `respond` that say where it listens and for how long, in the order of its help. */
export const RESPOND_FLAGS: FlagTable<RespondRunOptions> = {
  listenPorts: flagValue(
    {
      group: 'Responder',
      argument: 'LIST',
      description:
        'ports to answer on, 80,443,8000-8010: any that nothing on this host listens on; two or more tell a filtered port from a broken way back',
    },
    anyText('ports such as 80,443,8000-8010'),
  ),
  ...TOKEN_FLAGS,
  interface: { ...NETWORK_FLAGS.interface, group: 'Responder', description: 'send by this interface alone' },
  for: flagValue(
    { group: 'Responder', argument: 'SECONDS', description: 'end after so many seconds', defaultText: 'Ctrl-C ends it' },
    wholeNumber(1, 31_536_000),
  ),
  count: flagValue(
    { group: 'Responder', argument: 'N', description: 'end after so many attempts', defaultText: 'any number' },
    wholeNumber(1, 1_000_000_000),
  ),
  engine: { ...NETWORK_FLAGS.engine, group: 'General' },
  dropPrivileges: NETWORK_FLAGS.dropPrivileges,
};
