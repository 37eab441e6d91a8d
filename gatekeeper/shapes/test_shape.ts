import type { Sql } from "postgres";
import { testDecision, type TestResult, type TestUser } from "../policies/test_policy.ts";
import { namedDecision } from "./decide_shape.ts";
import { readGiven } from "./given.ts";
import type { NamedShape, Shapes } from "./shape.ts";
import type { InputOf, StandardSchema } from "./standard_schema.ts";

/** The arguments that a client gives a shape: what its schema takes, or none. */
export type ArgumentsOf<Named extends NamedShape> = Named extends {
  readonly args: infer Schema extends StandardSchema;
} ? InputOf<Schema>
  : Readonly<Record<string, never>>;

/** What {@link testShapes} asks. */
export interface ShapeTestQuestion<Args> {
  /** Who asks; `null` is nobody in particular. */
  readonly as: TestUser | null;
  /** What a client would send. */
  readonly args?: Args;
  /** Postgres with your tables: its URL, or a postgresjs pool of yours; by default, `DATABASE_URL`. */
  readonly database?: string | Sql;
}

/**
 * Asks a named shape what the gatekeeper would ask it, on a real database, as `testPolicies` does for
 * policies. Arguments that its schema refuses have the reason `invalid_arguments`.
 *
 * ```ts ignore
 * const { allowed, shape } = await testShapes(shapes, "projectIssues", { as: alice, args: { project } });
 * ```
 */
export function testShapes<Defined extends Shapes, Name extends keyof Defined & string>(
  shapes: Defined,
  name: Name,
  { as, args, database }: ShapeTestQuestion<ArgumentsOf<Defined[Name]>>,
): Promise<TestResult> {
  const decision = () => namedDecision(shapes, name, readGiven(args ?? {}));
  return testDecision(decision, { as, database, what: `Shape ${name}` });
}
