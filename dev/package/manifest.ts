/** The packages that the library needs at run time; `./client` needs none, `./edge` no `postgres`. */
const DEPENDENCIES = ["jose", "postgres", "quick-lru"];

/**
 * The first checks clauses against Electric's grammar before they are signed; without it Electric alone
 * does, after. Both are needed for `rls`.
 */
const OPTIONAL = ["libpg-query", "pgsql-deparser"];

/** As much of `deno.json` as goes into `package.json`. */
interface DenoJson {
  readonly version: string;
  readonly imports: Readonly<Record<string, string>>;
}

function isDenoJson(value: unknown): value is DenoJson {
  return typeof value === "object" && value !== null && "version" in value && "imports" in value;
}

/** A subpath of the package: its module, with its types. */
const subpath = (folder: string) => ({
  types: `./${folder}/index.d.ts`,
  default: `./${folder}/index.js`,
});

/** The package's `package.json`; versions are those of `deno.json`. */
export function manifest(denoJson: unknown): Record<string, unknown> {
  if (!isDenoJson(denoJson)) throw new TypeError("deno.json has no version or no imports");
  const { version, imports } = denoJson;
  const rangeOf = (name: string) => `^${imports[name]?.split("@").at(-1)}`;
  const ranges = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, rangeOf(name)]));
  return {
    name: "electric-gatekeeper",
    version,
    description: "Shape-scoped auth for the Electric Postgres sync engine: this user, these rows",
    keywords: ["electric", "postgres", "sync", "auth", "supabase", "edge"],
    license: "Apache-2.0",
    type: "module",
    sideEffects: false,
    bin: { "electric-gatekeeper": "./cli/bin.js" },
    engines: { node: ">=22" },
    exports: {
      ".": subpath("gatekeeper"),
      "./edge": subpath("edge"),
      "./client": subpath("client"),
      "./node": {
        types: "./edge/runtimes/node_http.d.ts",
        default: "./edge/runtimes/node_http.js",
      },
      "./testing": { types: "./gatekeeper/testing.d.ts", default: "./gatekeeper/testing.js" },
      "./package.json": "./package.json",
    },
    dependencies: ranges(DEPENDENCIES),
    peerDependencies: ranges(OPTIONAL),
    peerDependenciesMeta: Object.fromEntries(OPTIONAL.map((name) => [name, { optional: true }])),
  };
}
