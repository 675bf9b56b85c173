/**
 * Whether to use colors: by the flag, else by FORCE_COLOR (`0` and `false` mean none) and NO_COLOR when not
 * empty, as Node ranks them, else on a terminal that is not TERM=dumb.
 */
export function wantsColor(
  flag: boolean | undefined,
  variables: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (flag !== undefined) return flag;
  const { FORCE_COLOR: force = '', NO_COLOR: no = '', TERM: terminal } = variables;
  if (force !== '') return force !== '0' && force !== 'false';
  return no === '' && isTerminal && terminal !== 'dumb';
}

/** Columns of a stream; unbounded where unknown. A serial console, or a terminal without a size, says 0. */
export function terminalColumns({ columns = 0 }: { readonly columns?: number | undefined }): number {
  return columns > 0 ? columns : Infinity;
}
