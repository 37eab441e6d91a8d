import { readShape, type Shape } from "../../shared/shape.ts";
import { allow, type Policy, rows, type Value } from "../policies/policy.ts";

/** What a named shape gives: a table, which of its rows, and which columns. Made by {@link from}. */
export class Selection {
  /** The table, the columns and the replica, as a client would ask for them. */
  readonly asked: Shape;
  /** Says which rows. */
  readonly policy: Policy;

  private constructor(asked: Shape, policy: Policy) {
    this.asked = asked;
    this.policy = policy;
  }

  /** See {@link from}. */
  static of(table: string): Selection {
    return new Selection(read({ table }), allow);
  }

  /** The rows that match a clause, as policies' `rows` takes it: values become parameters. */
  rows(strings: TemplateStringsArray, ...values: readonly Value[]): Selection {
    return this.by(rows(strings, ...values));
  }

  /** The rows that a policy gives this user, such as `rls` or `ownRows("owner_id")`. */
  by(policy: Policy): Selection {
    return new Selection(this.asked, policy);
  }

  /** Narrows to these columns, named as Postgres stores them; the primary key must be among them. */
  columns(...columns: readonly [string, ...string[]]): Selection {
    const { table, full } = this.asked;
    return new Selection(read({ table, columns, replica: full ? "full" : null }), this.policy);
  }

  /** `full`: changes carry all columns, not only those that changed. */
  replica(replica: "full" | "default"): Selection {
    const { table, columns } = this.asked;
    return new Selection(read({ table, columns, replica }), this.policy);
  }
}

/**
 * All rows of a table (Electric's rules: `items`, `other.items`, `"Quoted"`), to be narrowed further.
 *
 * ```ts ignore
 * from("issues").rows`project_id = ${args.project}`.columns("id", "title")
 * ```
 */
export const from = (table: string): Selection => Selection.of(table);

/** Reads what the server says; its mistakes are no client's. */
function read(fields: Parameters<typeof readShape>[0]): Shape {
  try {
    return readShape(fields);
  } catch (error) {
    throw new TypeError(`from(…): ${error instanceof Error ? error.message : "unreadable"}`);
  }
}
