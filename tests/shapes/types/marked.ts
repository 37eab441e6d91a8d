import { type } from "arktype";
import {
  createGatekeeper,
  definePolicies,
  defineShapes,
  deny,
  from,
  rls,
  rows,
  shape,
} from "electric-gatekeeper";
import { testShapes } from "electric-gatekeeper/testing";
import * as v from "valibot";
import * as z from "zod";

export const shapes = defineShapes({
  zod: shape({
    args: z.object({ project: z.uuid(), n: z.coerce.number<string>().default(1) }),
    async get({ user, args, sql }) {
      const project: string = args.project;
      const n: number = args.n;
      const found = await sql<{ id: string }[]>`select id from a where n = ${n}`;
      if (!user || found.length === 0) return deny;
      // @ts-expect-error: an argument that isn't there
      void args.nothing;
      // @ts-expect-error: of the other type
      const text: string = args.n;
      return from("issues").rows`project = ${project} and n = ${text}`.columns("id", "title");
    },
  }),
  valibot: shape({
    args: v.object({
      ids: v.array(v.string()),
      since: v.pipe(v.string(), v.transform(Date.parse)),
    }),
    get: ({ args }) => from("issues").rows`id = any(${args.ids}) and at > ${args.since}`,
  }),
  arktype: shape({
    args: type({ "project?": "string" }),
    get: ({ args }) => args.project !== undefined && from("issues").rows`p = ${args.project}`,
  }),
  none: shape({ get: ({ user }) => user && from("todos").by(rls).replica("full") }),
  // @ts-expect-error: a user may be nobody
  nobody: shape({ get: ({ user }) => from("todos").rows`owner_id = ${user.id}` }),
  // @ts-expect-error: rows of no table
  noTable: shape({ get: () => rows`true` }),
  // @ts-expect-error: true says nothing of which table
  everything: shape({ get: () => true }),
  // @ts-expect-error: nothing is given
  nothing: shape({ get: () => {} }),
  // @ts-expect-error: no schema
  noSchema: shape({ args: { project: "string" }, get: () => from("todos") }),
  noArguments: shape({
    // @ts-expect-error: arguments without a schema
    get: ({ args }) => from("todos").rows`id = ${args.id}`,
  }),
  object: shape({
    args: z.object({ filter: z.object({ a: z.string() }) }),
    // @ts-expect-error: an object is no value
    get: ({ args }) => from("todos").rows`id = ${args.filter}`,
  }),
  // @ts-expect-error: columns must be some
  noColumns: shape({ get: () => from("todos").columns() }),
});

// @ts-expect-error: not made by shape
defineShapes({ raw: { get: () => from("todos") } });

createGatekeeper({ policies: definePolicies({}), shapes });

/** What a client's library reads from `typeof shapes`, without any of our types. */
type Input<Named> = Named extends { readonly args: infer Schema }
  ? Schema extends { readonly "~standard": { readonly types?: infer Types } }
    ? NonNullable<Types> extends { readonly input: infer Given } ? Given : never
  : never
  : undefined;

export const ofZod: Input<typeof shapes.zod>[] = [
  { project: "a" },
  { project: "a", n: "2" },
  // @ts-expect-error: missing
  {},
  // @ts-expect-error: of the other type
  { project: 1 },
];
export const ofValibot: Input<typeof shapes.valibot> = { ids: ["a"], since: "2026-01-01" };
export const ofArktype: Input<typeof shapes.arktype>[] = [{}, { project: "a" }];
export const ofNone: Input<typeof shapes.none> = undefined;
// @ts-expect-error: a shape without arguments has no args
void shapes.none.args;
// @ts-expect-error: a name that isn't there
void shapes.nowhere;

await testShapes(shapes, "zod", { as: null, args: { project: "a" } });
await testShapes(shapes, "none", { as: { id: "a" } });
// @ts-expect-error: a name that isn't there
await testShapes(shapes, "nowhere", { as: null });
// @ts-expect-error: of the other type
await testShapes(shapes, "valibot", { as: null, args: { ids: "a", since: "" } });
// @ts-expect-error: takes no arguments
await testShapes(shapes, "none", { as: null, args: { a: 1 } });
