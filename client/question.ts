/** A shape of a table, as a client asks for it. */
export interface TableQuestion {
  readonly table: string;
  /** An SQL clause, with `$1`, `$2`, … for `params`. */
  readonly where?: string;
  readonly params?: readonly string[] | Readonly<Record<string, string>>;
  readonly columns?: readonly string[];
  readonly replica?: "default" | "full";
}

/** What a client asks the gatekeeper for: a table's shape, or one that the server defines, with arguments. */
export interface Question extends Partial<TableQuestion> {
  readonly shape?: string;
  readonly args?: unknown;
}

/** As much of a Standard Schema (https://standardschema.dev) as says what it takes. */
interface Takes<Input> {
  readonly "~standard": { readonly types?: { readonly input: Input } | undefined };
}

/** The names of what `defineShapes` gave: `ShapeNames<typeof shapes>`. */
export type ShapeNames<Shapes> = Extract<keyof Shapes, string>;

/** The arguments of one of them, as its schema takes them; `undefined` where it has none. */
export type ArgsOf<Shapes, Name extends keyof Shapes> = Shapes[Name] extends
  { readonly args: Takes<infer Input> } ? Input : undefined;

/** Names and arguments that belong together: what isn't a shape of `Shapes` isn't of this type. */
export type NamedQuestionOf<Shapes> = {
  [Name in ShapeNames<Shapes>]: Record<never, never> extends ArgsOf<Shapes, Name>
    ? { readonly shape: Name; readonly args?: ArgsOf<Shapes, Name> }
    : undefined extends ArgsOf<Shapes, Name> ? { readonly shape: Name; readonly args?: undefined }
    : { readonly shape: Name; readonly args: ArgsOf<Shapes, Name> };
}[ShapeNames<Shapes>];

/** Shapes of a server whose types aren't at hand: any name, any arguments. */
export type AnyShapes = Readonly<Record<string, { readonly args: Takes<Record<string, unknown>> }>>;

/** The table's or the shape's name, for messages. */
export function nameOf({ table, shape }: Question): string {
  return table ?? shape ?? "";
}
