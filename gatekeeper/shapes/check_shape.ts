import { openDatabase } from "../database/choose.ts";
import {
  type CheckOptions,
  type Finding,
  sampleUsers,
  tryUsers,
} from "../policies/check_policy.ts";
import { namedDecision } from "./decide_shape.ts";
import type { Shapes } from "./shape.ts";

/**
 * Lets each shape whose arguments may all be left out decide for sample users: what it gives must be
 * what Postgres and Electric read. The database is only read. Those that need arguments are for tests of
 * your own, with {@link testShapes}.
 */
export async function checkShapes(
  shapes: Shapes,
  { database: given, users = sampleUsers() }: CheckOptions,
): Promise<Finding[]> {
  const database = openDatabase(() => undefined, given, () => {});
  try {
    const findings: Finding[] = [];
    for (const name of Object.keys(shapes)) {
      const messages = await tryUsers(namedDecision(shapes, name, {}), users, database);
      findings.push(...messages.map((message) => ({ table: `shape ${name}`, message })));
    }
    return findings;
  } finally {
    await database.end({ timeout: 1 });
  }
}
