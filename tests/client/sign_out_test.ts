import assert from "node:assert/strict";
import { Shape, ShapeStream } from "@electric-sql/client";
import { useShape } from "@electric-sql/react";
import { createCollection } from "@tanstack/db";
import { electricCollectionOptions } from "@tanstack/electric-db-collection";
import { createElement } from "react";
import { create } from "react-test-renderer";
import {
  type Authorization,
  type GatekeeperShape,
  gatekeeperShape,
  signOut,
} from "../../client/index.ts";
import { type Question, Servers, until } from "./servers.ts";

/** The official client and React leave a timer or two behind. */
const relaxed = { sanitizeOps: false, sanitizeResources: false };

/** Each user has a shape of their own, and the proxy says whose row it gives. */
function ofUser(_question: Question, credentials: string | null): Record<string, unknown> {
  return { table: "items", where: "owner = $1", params: { "1": credentials ?? "nobody" } };
}

function serversOf(): Servers {
  const servers = new Servers();
  servers.shapeOf = ofUser;
  servers.add();
  return servers;
}

/** Who the newest request to the proxy was for, by its shape. */
function newestUser(servers: Servers): string | undefined {
  return servers.shapes.at(-1)?.get("params[1]") ?? undefined;
}

/** A component that renders `useShape` with what `options` gives, on every render. */
function render(options: () => GatekeeperShape) {
  const streams = new Set<unknown>();
  let rows = 0;
  function Rows() {
    const { data, stream } = useShape(options());
    rows = data.length;
    streams.add(stream);
    return null;
  }
  const rendered: { unmount: () => void; update: (element: unknown) => void } = create(
    createElement(Rows),
  );
  return {
    streams,
    rows: () => rows,
    again: () => rendered.update(createElement(Rows)),
    unmount: () => rendered.unmount(),
  };
}

/** As supabase-js has it: one client, whose user changes. */
function supabaseOf(first: string | null) {
  let user = first;
  const listeners: ((event: string, session: { user: { id: string } } | null) => void)[] = [];
  const sessionOf = () => user === null ? null : { access_token: user, user: { id: user } };
  return {
    auth: {
      getSession: () => Promise.resolve({ data: { session: sessionOf() } }),
      onAuthStateChange(listener: (typeof listeners)[number]) {
        listeners.push(listener);
        queueMicrotask(() => listener("INITIAL_SESSION", sessionOf()));
      },
    },
    become(next: string | null, event = "SIGNED_IN") {
      user = next;
      for (const listener of listeners) listener(event, sessionOf());
    },
  };
}

Deno.test("signing out ends streams, and the next user's ask for their own", relaxed, async (t) => {
  for (const kind of ["a function", "nothing"]) {
    await t.step(`with ${kind}`, async () => {
      await using servers = serversOf();
      servers.hold = 30;
      let user = "alice";
      const authorization = () => user;
      const shape = gatekeeperShape({
        gatekeeper: servers.gatekeeperUrl,
        table: "items",
        ...(kind === "a function" && { authorization }),
      });
      const stream = new ShapeStream(shape);
      let error: unknown;
      stream.subscribe(() => {}, (cause) => error = cause);
      await until(() => stream.isUpToDate);
      const signed = servers.signed.length;
      user = "bob";
      signOut();
      const asked = servers.statuses.length;
      await new Promise((done) => setTimeout(done, 300));
      assert.ok(servers.statuses.length <= asked + 1, "its requests end");
      assert.equal(error, undefined);
      const next = new ShapeStream(shape);
      next.subscribe(() => {});
      await until(() => next.isUpToDate);
      assert.equal(servers.signed.length, signed + 1, "no token is left");
      assert.equal(newestUser(servers), kind === "a function" ? "Bearer bob" : "nobody");
      signOut();
    });
  }
});

Deno.test("useShape never gives one user's stream to another", relaxed, async (t) => {
  const check = async (
    alice: Authorization,
    change: () => Authorization,
  ) => {
    await using servers = serversOf();
    let authorization = alice;
    const options = () =>
      gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, table: "items", authorization });
    const ofAlice = render(options);
    await until(() => ofAlice.rows() === 1);
    assert.equal(newestUser(servers), "Bearer alice");
    ofAlice.again();
    assert.equal(ofAlice.streams.size, 1, "the same user keeps a stream");
    ofAlice.unmount();
    authorization = change();
    const ofBob = render(options);
    await until(() => ofBob.rows() === 1);
    await until(() => newestUser(servers) === "Bearer bob");
    assert.equal([...ofBob.streams].some((stream) => ofAlice.streams.has(stream)), false);
    assert.deepEqual(servers.mixedUp, []);
    ofBob.unmount();
    signOut();
  };
  await t.step("with a token each", () => check("alice", () => "bob"));
  await t.step("with a function each, of the same source", () => {
    const of = (user: string) => () => user;
    return check(of("alice"), () => of("bob"));
  });
  await t.step("with one function, after signOut", () => {
    let user = "alice";
    const authorization = () => user;
    return check(authorization, () => {
      user = "bob";
      signOut();
      return authorization;
    });
  });
  await t.step("with a Supabase client, by itself", () => {
    const supabase = supabaseOf("alice");
    return check(supabase, () => {
      supabase.become("bob");
      return supabase;
    });
  });
  await t.step("with a Supabase client's auth, after signing out", () => {
    const supabase = supabaseOf("alice");
    return check(supabase.auth, () => {
      supabase.become(null, "SIGNED_OUT");
      supabase.become("bob");
      return supabase.auth;
    });
  });
});

Deno.test("useShape never mixes two shapes, nor two fetch clients", relaxed, async () => {
  await using servers = serversOf();
  const of = (cookie: string): typeof fetch => (input, init) => {
    const headers = new Headers(init?.headers);
    if (!headers.has("authorization")) headers.set("authorization", cookie);
    return fetch(input, { ...init, headers });
  };
  const common = { gatekeeper: servers.gatekeeperUrl, table: "items" };
  const options = [
    gatekeeperShape(common),
    gatekeeperShape({ ...common, where: "id = '1'" }),
    gatekeeperShape({ ...common, fetchClient: of("alice") }),
    gatekeeperShape({ ...common, fetchClient: of("bob") }),
    gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, shape: "mine", args: { a: 1 } }),
    gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, shape: "mine", args: { a: 2 } }),
  ];
  const rendered = options.map((shape) => render(() => shape));
  for (const each of rendered) await until(() => each.rows() === 1);
  assert.equal(new Set(rendered.flatMap(({ streams }) => [...streams])).size, options.length);
  for (const each of rendered) each.unmount();
  signOut();
});

Deno.test("a token that supabase-js refreshes ends no stream", relaxed, async () => {
  await using servers = serversOf();
  const supabase = supabaseOf("alice");
  const shape = gatekeeperShape({
    gatekeeper: servers.gatekeeperUrl,
    table: "items",
    authorization: supabase,
  });
  const { url } = shape;
  const stream = new ShapeStream(shape);
  stream.subscribe(() => {});
  await until(() => stream.isUpToDate);
  supabase.become("alice", "TOKEN_REFRESHED");
  assert.equal(shape.url, url);
  assert.equal(shape.signal.aborted, false);
  signOut();
});

Deno.test(
  "another user whom nobody announced gets their own rows with the next request",
  relaxed,
  async () => {
    await using servers = serversOf();
    let user = "alice";
    const shape = gatekeeperShape({
      gatekeeper: servers.gatekeeperUrl,
      table: "items",
      authorization: () => user,
    });
    const stream = new ShapeStream<{ id: string }>(shape);
    // @ts-expect-error: the client's own types don't agree under exactOptionalPropertyTypes.
    const rows = new Shape<{ id: string }>(stream);
    let refetched = 0;
    stream.subscribe((messages) => {
      refetched += messages.filter(({ headers }) => headers.control === "must-refetch").length;
    });
    await until(() => rows.currentRows.length === 1);
    const before = servers.tokens.at(-1);
    user = "bob";
    await until(() => newestUser(servers) === "Bearer bob" && refetched === 1);
    await until(() => rows.isUpToDate && rows.currentRows.length === 1);
    assert.notEqual(servers.tokens.at(-1), before);
    assert.deepEqual(servers.mixedUp, []);
    signOut();
  },
);

Deno.test(
  "a collection starts anew for the next user, once it is cleaned up",
  relaxed,
  async () => {
    await using servers = serversOf();
    let user = "alice";
    const collection = createCollection(electricCollectionOptions<{ id: string }>({
      shapeOptions: gatekeeperShape({
        gatekeeper: servers.gatekeeperUrl,
        table: "items",
        authorization: () => user,
      }),
      getKey: ({ id }) => id,
    }));
    await collection.preload();
    assert.equal(collection.size, 1);
    signOut();
    await collection.cleanup();
    assert.equal(collection.size, 0);
    user = "bob";
    await collection.preload();
    assert.equal(collection.size, 1);
    assert.equal(newestUser(servers), "Bearer bob");
    await collection.cleanup();
    signOut();
  },
);
