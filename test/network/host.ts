import type { Address } from '../../src/wire/address.ts';
import { address } from './address-text.ts';
import type { Box, Context } from './middlebox.ts';
import { closed } from './services.ts';
import { STACKS, type Stack, type StackStyle } from './stack.ts';

/** What a service knows besides the packet. */
export interface HostContext extends Context {
  readonly host: Host;
}

/** What one port makes of the TCP packets that reach it. `onward` emissions mean "taken in" and go nowhere. */
export type Service = Box<HostContext>;

/** A machine at the end of a path. */
export interface Host {
  readonly address: Address;
  readonly stack: Stack;
  readonly ports: ReadonlyMap<number, Service>;
  /** For every other port. */
  readonly otherwise: Service;
}

/** How a host differs from a Linux one whose ports are all closed. */
export interface HostForm {
  readonly style?: StackStyle;
  readonly stack?: Partial<Stack>;
  readonly ports?: Readonly<Record<number, Service>>;
  readonly otherwise?: Service;
}

/** A host as data; `text` is its dotted address. */
export function host(text: string, form: HostForm = {}): Host {
  return {
    address: address(text),
    stack: { ...STACKS[form.style ?? 'linux'], ...form.stack },
    ports: new Map(Object.entries(form.ports ?? {}).map(([port, service]) => [Number(port), service])),
    otherwise: form.otherwise ?? closed(),
  };
}
