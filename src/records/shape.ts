import type { ScalarTypes } from './scalars.ts';
import type { WordTypes } from './words.ts';

/**
 * What stands for a field's values: a scalar (scalars.ts), a word list (words.ts), another shape, `"text"` or a number for itself;
 * `X[]` is a list, `X[2]` a pair, ` | ` separates alternatives.
 */
export type TypeText = string;

/**
 * A field: its type, a sentence, and its CSV columns where it does not simply have one of its own name: `name` or `name=path` from the field on,
 * separated by spaces, empty for none.
 */
export type Field = readonly [type: TypeText, sentence: string, columns?: string];

/** An object with its fields in the order of the JSON text; a name that ends in `?` may be left out. */
export interface ObjectShape {
  readonly about: string;
  readonly fields: Readonly<Record<string, Field>>;
}

/** Another name for a type. */
export interface AliasShape {
  readonly about: string;
  readonly is: TypeText;
}

/** Declarations by their names. */
export type Shapes = Readonly<Record<string, ObjectShape | AliasShape>>;

/** The TypeScript type of the shape `K` of `S`. */
export type ShapeOf<S, K extends keyof S> = S[K] extends { readonly is: infer T extends string }
  ? ValueOf<S, T>
  : S[K] extends { readonly fields: infer F }
    ? Flat<RequiredFields<S, F> & OptionalFields<S, F>>
    : never;

type RequiredFields<S, F> = { readonly [N in keyof F as N extends `${string}?` ? never : N]: FieldValue<S, F[N]> };
type OptionalFields<S, F> = { readonly [N in keyof F as N extends `${infer Name}?` ? Name : never]?: FieldValue<S, F[N]> };
type FieldValue<S, F> = F extends readonly [infer T extends string, ...unknown[]] ? ValueOf<S, T> : never;
type Flat<T> = { [K in keyof T]: T[K] };

type ValueOf<S, T extends string> = T extends `${infer A} | ${infer B}`
  ? ValueOf<S, A> | ValueOf<S, B>
  : T extends `${infer A}[2]`
    ? readonly [ValueOf<S, A>, ValueOf<S, A>]
    : T extends `${infer A}[]`
      ? readonly ValueOf<S, A>[]
      : NamedValue<S, T>;

type NamedValue<S, T extends string> = T extends `"${infer Literal}"`
  ? Literal
  : T extends `${infer N extends number}`
    ? N
    : T extends keyof ScalarTypes
      ? ScalarTypes[T]
      : T extends keyof WordTypes
        ? WordTypes[T]
        : T extends keyof S
          ? ShapeOf<S, T>
          : never;
