import { SynscopeError, usageError } from '../errors.ts';
import type { ConnectionPlan } from '../probe/connection/connection-session.ts';
import type { SynSpec } from '../probe/craft/syn-spec.ts';
import { EXTRA_CARRIERS, type ExtraCarrier, ProofSyns } from '../probe/responder/proof-syns.ts';
import { type ResponderOutcome, type ResponderQuestion, queryResponder } from '../probe/responder/responder-query.ts';
import type { Mac } from '../probe/responder/token-mac.ts';
import type { Address } from '../wire/address.ts';
import { NANOS_PER_MS } from '../wire/numbers.ts';
import { type Machine, randomWord } from './machine.ts';
import type { OpenRun, RunNeeds } from './open-run.ts';
import { readTargets } from './options/read-options.ts';
import type { NetworkOptions, RunControl } from './options/run-options.ts';
import { openToken, type ResponderOptions } from './options/token.ts';
import type { RunFacts } from './run-records.ts';

/** Source ports, used in turn: attempts at a port share one only after all have been used. */
export const RESPONDER_PORTS = 64;
/** Connection plans that run side by side. */
export const RESPONDER_PLANS = 8;
const DEFAULT_RETRIES = 2;
const NONCE_BYTES = 16;
const LAST_PORT = 65_535;

/** What is needed to ask a responder. */
export interface ResponderAccess {
  readonly mac: Mac;
  /** Another listening port of the responder, or null. */
  readonly control: { readonly address: Address; readonly port: number } | null;
  readonly carriers: readonly ExtraCarrier[];
}

/** Reads what is needed to ask a responder. Throws a usage error for the first option that is not valid. */
export async function readResponderAccess(
  options: ResponderOptions & Pick<RunControl, 'onWarning'>,
  { tokenMac }: Pick<Machine, 'tokenMac'>,
): Promise<ResponderAccess> {
  const carriers = readCarriers(options.proof);
  const control = options.control === undefined ? null : await readControl(options.control);
  return { mac: openToken(options, tokenMac), control, carriers };
}

/** Throws a usage error for the first of these options that is set: with a responder it has no use. */
export function refuseWithResponder<O extends object>(
  options: O,
  refused: Readonly<Partial<Record<keyof O, readonly [flag: string, why: string]>>>,
): void {
  for (const key of Object.keys(refused) as (keyof O)[]) {
    const value = options[key];
    const [flag, why] = refused[key] as readonly [string, string];
    if (value !== undefined && value !== false) throw new SynscopeError('usage', `${flag} with --responder: ${why}`);
  }
}

/** A run that asks a responder. */
export type Asking<R> = R & { readonly access: ResponderAccess };

/** What a run needs of the network that only asks a responder. */
export function responderNeeds({ sourcePort }: NetworkOptions): Pick<RunNeeds, 'sourcePortCount' | 'ports'> {
  return { sourcePortCount: sourcePort === undefined ? RESPONDER_PORTS : 1, ports: 'resets-suppressed' };
}

/** Questions to a responder: SYNs with a proof, and the connections that they begin. */
export class ResponderQueries {
  readonly #run: Asking<Pick<RunFacts, 'spec' | 'timing'>>;
  readonly #open: OpenRun;
  readonly #random: Machine['random'];
  readonly #syns: ProofSyns;

  /** The resets of the open source ports are suppressed. */
  constructor(run: Asking<Pick<RunFacts, 'spec' | 'timing'>>, open: OpenRun, { random, wallClock }: Machine) {
    const { routes, sourcePorts } = open;
    const { mac } = run.access;
    const firstId = randomWord(random) % LAST_PORT;
    this.#run = run;
    this.#open = open;
    this.#random = random;
    this.#syns = new ProofSyns({ mac, wallClock, sourcePorts, ipId: run.spec.ipId, firstId, routes });
  }

  /** Asks what became of a SYN to that port that looks like `spec`. */
  question(address: Address, port: number, spec: SynSpec = this.#run.spec): ResponderQuestion {
    return { port, makeSyn: this.#syns.to(address, port, { spec, carriers: this.#run.access.carriers }) };
  }

  /** The connections that answer these questions about one target. */
  plan(questions: readonly ResponderQuestion[], onOutcome: (outcome: ResponderOutcome) => void): ConnectionPlan {
    const { timing, access } = this.#run;
    const { mac, control } = access;
    return queryResponder({
      questions,
      control: control === null ? null : this.question(control.address, control.port).makeSyn,
      mac,
      nonce: () => this.#random(new Uint8Array(NONCE_BYTES)),
      initialRto: timing.timeoutMs * NANOS_PER_MS,
      retries: timing.retries ?? DEFAULT_RETRIES,
      now: () => this.#open.transport.now(),
      onOutcome,
    });
  }
}

function readCarriers(text: string | undefined): readonly ExtraCarrier[] {
  if (text === undefined) return [];
  return text.split(',').map((item) => {
    const carrier = EXTRA_CARRIERS.find((name) => name === item.trim());
    if (carrier !== undefined) return carrier;
    throw usageError('--proof', text, `expected ${EXTRA_CARRIERS.join(', ')} or both`);
  });
}

/** The address and port that `--control` names. Throws a usage error for anything but `HOST:PORT`. */
async function readControl(text: string): Promise<ResponderAccess['control']> {
  const [, host = '', digits = ''] = /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === '' || port < 1 || port > LAST_PORT)
    throw usageError('--control', text, 'expected HOST:PORT, such as 192.0.2.7:8443');
  const targets = await readTargets({ targets: [host] });
  return { address: targets.at(0), port };
}
