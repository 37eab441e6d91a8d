import type { TransactionSql } from "postgres";
import { ConfigError } from "../../shared/config_error.ts";
import type { User } from "../users/authenticate.ts";
import { noArguments } from "./bad_arguments.ts";
import type { Selection } from "./selection.ts";
import type { OutputOf, StandardSchema } from "./standard_schema.ts";
import { validate } from "./validate.ts";

/** What a named shape without arguments decides by. */
export interface ShapeAsker {
  /** Who asks; `null` is nobody in particular. */
  readonly user: User | null;
  /** Queries Postgres, as postgresjs does, in a read-only transaction with a timeout of 2 s. */
  readonly sql: TransactionSql;
}

/** What a named shape decides by. */
export interface ShapeQuestion<Args> extends ShapeAsker {
  /** What the client sent, as the schema gives it. */
  readonly args: Args;
}

/** What this user gets, or nothing. */
export type ShapeVerdict = Selection | false | null;

type Answer = ShapeVerdict | Promise<ShapeVerdict>;

/** A shape that the server defines. Made by {@link shape}. */
export interface NamedShape {
  /** Reads arguments as they came, and gives what decides with them. Throws {@link BadArguments}. */
  readonly open: (given: GivenArguments) => Promise<(asker: ShapeAsker) => Answer>;
}

/** A shape that takes arguments; its type tells clients which. */
export interface NamedShapeWith<Schema extends StandardSchema> extends NamedShape {
  /** Says which arguments there are: any Standard Schema. */
  readonly args: Schema;
}

/** Arguments as a client sent them, by name. */
export type GivenArguments = Readonly<Record<string, unknown>>;

/** Named shapes, put together by {@link defineShapes}. */
export type Shapes = Readonly<Record<string, NamedShape>>;

/**
 * A shape that the server defines: clients say its name and its arguments, and nothing else of it.
 * `args` is a Standard Schema (zod, valibot, arktype, …); `get` gives what the user gets.
 *
 * ```ts ignore
 * shape({
 *   args: z.object({ project: z.uuid() }),
 *   async get({ user, args, sql }) {
 *     if (!user || !await isMember(sql, user, args.project)) return deny;
 *     return from("issues").rows`project_id = ${args.project}`.columns("id", "title");
 *   },
 * })
 * ```
 */
export function shape<Schema extends StandardSchema>(
  definition: DefinitionWith<Schema>,
): NamedShapeWith<Schema>;
export function shape(definition: Definition): NamedShape;
export function shape(definition: DefinitionWith<StandardSchema> | Definition): NamedShape {
  return "args" in definition ? withArguments(definition) : withoutArguments(definition);
}

interface DefinitionWith<Schema extends StandardSchema> {
  readonly args: Schema;
  get(question: ShapeQuestion<OutputOf<Schema>>): Answer;
}

interface Definition {
  get(asker: ShapeAsker): Answer;
}

function withArguments<Schema extends StandardSchema>(
  definition: DefinitionWith<Schema>,
): NamedShapeWith<Schema> {
  const { args: schema } = definition;
  return {
    args: schema,
    async open(given) {
      const args = await validate(schema, given);
      return (asker) => definition.get({ ...asker, args });
    },
  };
}

function withoutArguments(definition: Definition): NamedShape {
  return {
    open(given) {
      const [first] = Object.keys(given);
      if (first !== undefined) return Promise.reject(noArguments(first));
      return Promise.resolve((asker) => definition.get(asker));
    },
  };
}

/** Unreserved in URLs, so that a path has one spelling of it. */
const NAME = /^[A-Za-z][\w.-]{0,62}$/;

/** Puts named shapes together. Throws {@link ConfigError} for a name that can't stand in a path. */
export function defineShapes<const Defined extends Shapes>(byName: Defined): Defined {
  const wrong = Object.keys(byName).find((name) => !NAME.test(name));
  if (wrong === undefined) return Object.freeze({ ...byName });
  throw new ConfigError(
    `${JSON.stringify(wrong)} can't name a shape: a letter, then letters, digits, _ - and ., at ` +
      "most 63.",
  );
}

/** Gives a shape by its name, never what all objects have by birth. */
export function findShape(shapes: Shapes, name: string): NamedShape | undefined {
  return Object.hasOwn(shapes, name) ? shapes[name] : undefined;
}
