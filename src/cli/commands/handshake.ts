import type { HandshakeRunRecord } from '../../records/handshake/records.ts';
import { createHandshakeText } from '../../report/handshake/handshake-text.ts';
import { createJsonLines } from '../../report/json.ts';
import type { CommandRun, HandshakeCommandOptions } from '../commands.ts';
import { HANDSHAKE_FLAGS } from '../flags/handshake-flags.ts';
import { chooseFormat, optionsIn, runRecords } from '../run-records.ts';

/** `synscope handshake`: completes handshakes and writes what they show. */
export const runHandshake: CommandRun<HandshakeCommandOptions> = ({ operands, options }, environment) => {
  const format = chooseFormat(options);
  return runRecords<HandshakeRunRecord>(
    {
      begin: async (steering) => {
        const handshake = await environment.jobs.handshake();
        return handshake({ ...steering, ...optionsIn(options, HANDSHAKE_FLAGS), targets: operands });
      },
      reporter: (style) => (format === 'json' ? createJsonLines() : createHandshakeText(style)),
      missOf: missedExpectation,
    },
    options,
    environment,
  );
};

function missedExpectation(record: HandshakeRunRecord): string | null {
  if (record.type !== 'handshake' || record.expectation === null || record.expectation.met) return null;
  return `${record.target}:${record.port}: ${record.expectation.why ?? 'not as expected'}`;
}
