import postgres, { type Sql } from "postgres";
import { startSyncService } from "../../dev/sync/service.ts";
import { userToken } from "../../dev/user.ts";
import { testPostgres } from "../support/postgres.ts";
import { PATIENCE } from "./list_server.ts";
import { type Env, type RunningServer, startEdge, startGatekeeper } from "../support/servers.ts";

const SECRET = "the secret of the users' provider, long enough";

/** Two edges, a gatekeeper, and what is behind them. */
export interface RevocationStack extends AsyncDisposable {
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly electricUrl: string;
  readonly gatekeeper: RunningServer;
  readonly edges: readonly [RunningServer, RunningServer];
}

/** Starts it, with a table `things` that everyone may sync; `env` goes to gatekeeper and edges. */
export async function startRevocationStack(env: Env = {}): Promise<RevocationStack> {
  await using open = new AsyncDisposableStack();
  const database = open.use(await testPostgres());
  const electric = await startSyncService({ databaseUrl: database.url, port: 0 });
  open.defer(() => electric.stop());
  const gatekeeper = open.use(
    await startGatekeeper({
      DATABASE_URL: database.url,
      ELECTRIC_URL: electric.url,
      SUPABASE_JWT_SECRET: SECRET,
      ...env,
    }),
  );
  const ofEdges = {
    ELECTRIC_URL: electric.url,
    AUTH_REVOCATIONS_URL: `${gatekeeper.url}/.well-known/revocations`,
    ...env,
  };
  const edges = [open.use(await startEdge(ofEdges)), open.use(await startEdge(ofEdges))] as const;
  const sql = postgres(database.url, { max: 2, onnotice: () => {}, backoff: () => 0.1 });
  open.defer(() => sql.end({ timeout: 1 }));
  await sql`create table things (id int primary key)`;
  const kept = open.move();
  return {
    sql,
    databaseUrl: database.url,
    electricUrl: electric.url,
    gatekeeper,
    edges,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Asks the gatekeeper for a token, as a user; gives the header. */
export async function tokenFor(
  { gatekeeper }: Pick<RevocationStack, "gatekeeper">,
  user: string,
  table = "things",
): Promise<{ authorization: string }> {
  const response = await fetch(`${gatekeeper.url}/gatekeeper/${table}`, {
    method: "POST",
    headers: { authorization: `Bearer ${await userToken(SECRET, user, {})}` },
  });
  const { headers, message } = await response.json();
  if (response.status !== 200) throw new Error(`${response.status}: ${message}`);
  return { authorization: headers.Authorization };
}

/** The shape of {@link tokenFor}, by a proxy's address; a live one gives what came and when it ended. */
export class Shape {
  readonly #base: string;

  constructor(
    proxy: string,
    readonly headers: { readonly authorization: string },
    table = "things",
  ) {
    this.#base = `${proxy}/v1/shape?table=${table}`;
  }

  /** The status of a request for what there is. */
  async status(): Promise<number> {
    const response = await this.#get("&offset=-1");
    await response.body?.cancel();
    return response.status;
  }

  /** Begins to wait for what changes. */
  async hold(sse = false): Promise<Held> {
    const first = await this.#get("&offset=-1");
    await first.body?.cancel();
    const handle = first.headers.get("electric-handle");
    const [offset, flag] = [first.headers.get("electric-offset"), sse ? "&live_sse=true" : ""];
    const live = `&offset=${offset}&handle=${handle}&cursor=7&live=true${flag}`;
    return new Held(this.#get(live));
  }

  #get(rest: string): Promise<Response> {
    const signal = AbortSignal.timeout(PATIENCE);
    return fetch(this.#base + rest, { headers: this.headers, signal });
  }
}

/** A request that is held. */
export class Held {
  /** When its last byte came, in milliseconds since the epoch; `null` while it is held. */
  endedAt: number | null = null;
  /** When the last byte of its body came. */
  lastByteAt = -Infinity;
  text = "";
  /** Settles at its end. */
  readonly ended: Promise<Response>;

  constructor(response: Promise<Response>) {
    this.ended = this.#read(response);
    this.ended.catch(() => {});
  }

  async #read(pending: Promise<Response>): Promise<Response> {
    const response = await pending;
    const decoder = new TextDecoder();
    try {
      for await (const piece of response.body ?? []) {
        this.text += decoder.decode(piece, { stream: true });
        this.lastByteAt = Date.now();
      }
    } finally {
      this.endedAt = Date.now();
    }
    return response;
  }
}
