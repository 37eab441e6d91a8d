import { equal } from "node:assert/strict";
import { type ArgsOf, gatekeeperShape, type ShapeNames } from "../../client/index.ts";

/** A Standard Schema, as zod, valibot and arktype have it. */
interface Schema<Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: unknown };
    readonly types?: { readonly input: Input; readonly output: unknown } | undefined;
  };
}

/** What `defineShapes` gives, as a type: `typeof shapes`. */
interface Shapes {
  readonly projectIssues: {
    readonly args: Schema<{ project: string; open?: boolean | undefined }>;
    readonly open: () => void;
  };
  readonly latest: { readonly args: Schema<{ limit?: number }>; readonly open: () => void };
  readonly mine: { readonly open: () => void };
}

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

const names: Same<ShapeNames<Shapes>, "projectIssues" | "latest" | "mine"> = true;
const args: Same<ArgsOf<Shapes, "latest">, { limit?: number }> = true;
const none: Same<ArgsOf<Shapes, "mine">, undefined> = true;

const gatekeeper = "http://localhost:4000";

Deno.test("names and arguments of shapes are known by type alone", () => {
  const right = [
    gatekeeperShape<Shapes>({ gatekeeper, shape: "projectIssues", args: { project: "a" } }),
    gatekeeperShape<Shapes>({
      gatekeeper,
      shape: "projectIssues",
      args: { project: "a", open: true },
    }),
    gatekeeperShape<Shapes>({ gatekeeper, shape: "latest" }),
    gatekeeperShape<Shapes>({ gatekeeper, shape: "latest", args: { limit: 1 } }),
    gatekeeperShape<Shapes>({ gatekeeper, shape: "mine" }),
    gatekeeperShape<Shapes>({ gatekeeper, table: "todos" }),
    // Without the server's types, anything may be asked for.
    gatekeeperShape({ gatekeeper, shape: "whatever", args: { a: 1 } }),
    gatekeeperShape({ gatekeeper, shape: "whatever" }),
    gatekeeperShape({ gatekeeper, table: "todos", where: "id = $1", params: ["1"] }),
  ];
  // @ts-expect-error: there is no such shape.
  gatekeeperShape<Shapes>({ gatekeeper, shape: "projects" });
  // @ts-expect-error: the arguments are missing.
  gatekeeperShape<Shapes>({ gatekeeper, shape: "projectIssues" });
  // @ts-expect-error: an argument is missing.
  gatekeeperShape<Shapes>({ gatekeeper, shape: "projectIssues", args: {} });
  // @ts-expect-error: an argument is of another type.
  gatekeeperShape<Shapes>({ gatekeeper, shape: "projectIssues", args: { project: 1 } });
  const unknown = { project: "a", colour: "red" } as const;
  // @ts-expect-error: an argument that the shape hasn't.
  gatekeeperShape<Shapes>({ gatekeeper, shape: "projectIssues", args: { ...unknown, colour: "" } });
  // @ts-expect-error: the arguments of another shape.
  gatekeeperShape<Shapes>({ gatekeeper, shape: "latest", args: { project: "a" } });
  // @ts-expect-error: this one has none.
  gatekeeperShape<Shapes>({ gatekeeper, shape: "mine", args: { project: "a" } });
  // @ts-expect-error: neither a table nor a shape.
  const nothing = () => gatekeeperShape({ gatekeeper });
  equal(typeof nothing, "function");
  equal(new Set(right.map(({ url }) => url)).size, right.length);
  equal(names && args && none, true);
});
