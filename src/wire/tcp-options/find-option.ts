import type { TcpOption } from '../tcp-option.ts';
import type { OptionName, OptionNamed } from './option-codec.ts';

/** The first option of that name in the list, typed by the name; undefined when there is none that is well-formed. */
export function findOption<N extends OptionName>(options: readonly TcpOption[], name: N): OptionNamed<N> | undefined {
  return options.find((option): option is OptionNamed<N> & TcpOption => option.name === name);
}
