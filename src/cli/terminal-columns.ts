/** How wide a terminal is, from what Node says of it; unbounded where that is not known: a serial console, or a pseudo-terminal that nobody gave a size, says 0. */
export function terminalColumns({ columns = 0 }: { readonly columns?: number | undefined }): number {
  return columns > 0 ? columns : Infinity;
}
