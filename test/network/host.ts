import type { Address } from '../../src/wire/address.ts';
import type { Box, Context } from './middlebox.ts';
import { closed } from './services.ts';
import { STACKS, type Stack, type StackStyle } from './stack.ts';
import { address } from './packet.ts';

/** What a service knows apart from the packet. */
export interface HostContext extends Context {
  readonly host: Host;
}

/** How one port answers packets. An `onward` emission means that the packet was accepted; it goes nowhere. */
export type Service = Box<HostContext>;

/** A machine at the end of a path. */
export interface Host {
  readonly address: Address;
  readonly stack: Stack;
  readonly ports: ReadonlyMap<number, Service>;
  /** For every other port. */
  readonly otherwise: Service;
}

/** How a host differs from a Linux host whose ports are all closed. */
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
