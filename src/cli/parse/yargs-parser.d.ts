/** What synscope uses of a package that brings no types. */
declare module 'yargs-parser' {
  interface Options {
    /** Flags with a value. */
    readonly string: readonly string[];
    /** Flags without. */
    readonly boolean: readonly string[];
    /** How many words each takes. */
    readonly narg: Readonly<Record<string, number>>;
    readonly configuration: Readonly<Record<string, boolean>>;
    /** Words a complaint; `%s` in its text stands for the name of a flag. */
    readonly __: (complaint: string, name: string) => string;
  }
  interface Arguments {
    readonly _: readonly string[];
    readonly [name: string]: string | boolean | readonly (string | boolean)[] | undefined;
  }
  const parser: { readonly detailed: (words: readonly string[], options: Options) => { readonly argv: Arguments } };
  // oxlint-disable-next-line import/no-default-export -- how the package exports it
  export default parser;
}
