import postgres from "postgres";
import { targetOf } from "../../shared/query.ts";
import {
  answer,
  answerRefusals,
  checkMethod,
  type Handler,
  Refusal,
} from "../../shared/refusal.ts";
import { userToken } from "../user.ts";
import { serveAsset } from "./assets.ts";
import type { Events } from "./events.ts";
import { expire } from "./expired_token.ts";
import { checkAsker } from "./guard.ts";
import { findGuardLines } from "./guard_lines.ts";
import { readNamedShapes } from "./named_shapes.ts";
import { canRevoke, revoke, untilRefused } from "./revoke.ts";
import type { Person, SignIn, State } from "./protocol.ts";
import { readObject, readRowChange, readSignIn, readText } from "./read_body.ts";
import { readTablePolicies } from "./table_policies.ts";
import { readPeople, readRights, readTables } from "./tables.ts";
import { writeRow } from "./write_row.ts";

/** What the playground has to know of the `dev` that it is of. */
export interface PlaygroundOptions {
  /** The gatekeeper's port, which is the playground's, too. */
  readonly port: number;
  /** Folder of our own source. */
  readonly library: string;
  readonly edge: string;
  /** Where the gatekeeper itself listens. */
  readonly gatekeeper: string;
  readonly databaseUrl: string;
  readonly authSecret: string;
  /** Signs in users of dev's own; none when users come from elsewhere. */
  readonly userSecret: string | undefined;
  readonly events: Events;
  readonly log: (line: string) => void;
}

/** The page at `/`, and what it asks at `/playground/`: for developers, on their own machine alone. */
export function createPlayground(options: PlaygroundOptions): Handler & AsyncDisposable {
  const { port, edge, databaseUrl, userSecret, events } = options;
  const sql = postgres(databaseUrl, { max: 4, idle_timeout: 20, onnotice: () => {} });
  const connects = [new URL(edge).origin];

  async function signIn({ id, role = "authenticated", email, claims = {} }: SignIn) {
    if (userSecret === undefined) {
      throw new Refusal(403, "forbidden", "Users of this dev sign in elsewhere.");
    }
    return await userToken(userSecret, id, {
      role,
      ...(email !== undefined && { email }),
      ...claims,
    });
  }

  async function readState(): Promise<State> {
    const tables = await readTables(sql);
    const [people, rights, guards, shapes, revokes] = await Promise.all([
      readPeople(sql, tables),
      readRights(sql, tables),
      findGuardLines(options.library),
      readNamedShapes(options.gatekeeper),
      canRevoke(sql),
    ]);
    const ownUsers = userSecret !== undefined;
    return {
      ownUsers,
      people,
      tables,
      rights,
      guards,
      shapes,
      revokes,
    };
  }

  async function readPolicies(name: string | null) {
    const tables = await readTables(sql);
    const table = tables.find(({ table }) => table === name);
    if (table === undefined) throw new Refusal(404, "not_found", "There is no such table.");
    const people = userSecret === undefined ? [] : (await readPeople(sql, tables)).slice(0, 4);
    return await readTablePolicies(table, people, {
      sql,
      gatekeeper: options.gatekeeper,
      signIn: (person: Person) => signIn(person),
    });
  }

  const reads: Readonly<Record<string, (query: URLSearchParams) => Promise<Response> | Response>> =
    {
      "/playground/state": async () => answer(await readState()),
      "/playground/rights": async () => answer(await readRights(sql, await readTables(sql))),
      "/playground/policies": async (query) => answer(await readPolicies(query.get("table"))),
      "/playground/events": () => events.listen(),
    };

  const writes: Readonly<Record<string, (body: Record<string, unknown>) => Promise<unknown>>> = {
    "/playground/sign-in": async (body) => ({ token: await signIn(readSignIn(body)) }),
    "/playground/rows": async (body) => {
      await writeRow(sql, readRowChange(body));
      return {};
    },
    "/playground/expire": async ({ token }) => ({
      token: await expire(readText("token", token), options.authSecret),
    }),
    "/playground/revoke": async ({ id, token }) => {
      const known = readText("token", token);
      await revoke(sql, readText("id", id));
      await untilRefused(options.gatekeeper, known);
      return {};
    },
  };

  async function route(request: Request): Promise<Response> {
    checkAsker(request, port);
    const { path, query } = targetOf(request);
    const write = writes[path];
    if (write !== undefined) {
      checkMethod(request, "POST");
      return answer(await write(await readObject(request)));
    }
    checkMethod(request, "GET", "HEAD");
    const read = reads[path];
    if (read !== undefined) return await read(new URLSearchParams(query));
    return await serveAsset(request, path, connects);
  }

  const handler = answerRefusals(route, options.log);
  const own: Handler = async (request) => sameOrigin(await handler(request));
  return Object.assign(own, { [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) });
}

/** Our answers say that any page may read them; none of these may be read by another. */
function sameOrigin(response: Response): Response {
  response.headers.delete("access-control-allow-origin");
  response.headers.delete("access-control-expose-headers");
  response.headers.set("cross-origin-resource-policy", "same-origin");
  response.headers.set("x-content-type-options", "nosniff");
  return response;
}
