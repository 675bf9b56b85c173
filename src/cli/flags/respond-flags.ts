import type { RespondOptions } from '../../run/respond/respond.ts';
import { anyText, wholeNumber } from '../parse/values.ts';
import { type FlagTable, inGroup } from './flag.ts';
import { NETWORK_FLAGS, TOKEN_FLAGS } from './shared-flags.ts';

/** What the library's `respond` takes as text. */
export type RespondRunOptions = Omit<RespondOptions, 'signal' | 'onWarning'>;

const responder = inGroup('Responder');

/** The flags of `respond` that say where it listens and for how long, in the order of its help. */
export const RESPOND_FLAGS: FlagTable<RespondRunOptions> = {
  listenPorts: responder.value(
    'LIST',
    anyText('ports such as 80,443,8000-8010'),
    'ports to answer on, 80,443,8000-8010, on which no service of this host listens; two or more tell a filtered port from a broken reverse path',
  ),
  ...TOKEN_FLAGS,
  interface: { ...NETWORK_FLAGS.interface, group: 'Responder', description: 'send only through this interface' },
  for: responder.value('SECONDS', wholeNumber(1, 31_536_000), 'end after so many seconds', 'Ctrl-C ends it'),
  count: responder.value('N', wholeNumber(1, 1_000_000_000), 'end after so many attempts', 'any number'),
  engine: { ...NETWORK_FLAGS.engine, group: 'General' },
  dropPrivileges: NETWORK_FLAGS.dropPrivileges,
};
