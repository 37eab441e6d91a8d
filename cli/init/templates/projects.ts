import { envTemplate, SERVERS_ENV, SUPABASE_ENV, WORKER_ENV } from "./env_example.ts";
import { policiesTemplate } from "./policies_template.ts";
import { REVOCATIONS_SQL } from "./revocations_sql.ts";
import { rlsImports, withRlsPackages } from "./rls_packages.ts";
import { EDGE, GATEKEEPER, NODE_EDGE, NODE_GATEKEEPER, WORKER_EDGE, WRANGLER } from "./servers.ts";
import { COMPARE, denoJson, type Filling, npm, type TemplateFile } from "./template.ts";

/** What a project runs on. */
export type ProjectKind = "supabase" | "node" | "deno" | "worker";

/** Writes a kind's files. */
type WriteFiles = (filling: Filling) => TemplateFile[];

const file = (path: string, text: string): TemplateFile => ({ path, text, advice: COMPARE });

/** For projects that keep migrations their own way. */
const REVOCATIONS = "electric/revocations.sql";

const supabase: WriteFiles = (filling) => {
  const { version, tables, migration } = filling;
  const functions = "supabase/functions";
  return [
    file(`${functions}/edge/index.ts`, EDGE),
    file(
      `${functions}/edge/deno.json`,
      denoJson({ "electric-gatekeeper/edge": npm(version, "/edge") }),
    ),
    file(`${functions}/gatekeeper/index.ts`, withRlsPackages(GATEKEEPER, tables)),
    policiesTemplate(`${functions}/gatekeeper/policies.ts`, filling),
    file(
      `${functions}/gatekeeper/deno.json`,
      denoJson({ "electric-gatekeeper": npm(version), ...rlsImports(tables) }),
    ),
    envTemplate(`${functions}/.env.example`, SUPABASE_ENV),
    file(migration, REVOCATIONS_SQL),
  ];
};

const node: WriteFiles = (filling) => [
  file("electric/edge.ts", NODE_EDGE),
  file("electric/gatekeeper.ts", NODE_GATEKEEPER),
  policiesTemplate("electric/policies.ts", filling),
  envTemplate("electric/.env.example", SERVERS_ENV),
  file(REVOCATIONS, REVOCATIONS_SQL),
  // Node would take the files for CommonJS else.
  ...(filling.isModule ? [] : [
    file(
      "electric/package.json",
      `${JSON.stringify({ private: true, type: "module" }, null, 2)}\n`,
    ),
  ]),
];

const deno: WriteFiles = (filling) => [
  file("electric/edge.ts", EDGE),
  file("electric/gatekeeper.ts", withRlsPackages(GATEKEEPER, filling.tables)),
  policiesTemplate("electric/policies.ts", filling),
  file(
    "electric/deno.json",
    denoJson({
      "electric-gatekeeper": npm(filling.version),
      "electric-gatekeeper/edge": npm(filling.version, "/edge"),
      ...rlsImports(filling.tables),
    }),
  ),
  envTemplate("electric/.env.example", SERVERS_ENV),
  file(REVOCATIONS, REVOCATIONS_SQL),
];

const worker: WriteFiles = () => [
  file("electric/worker.ts", WORKER_EDGE),
  file("electric/wrangler.toml", WRANGLER),
  envTemplate("electric/.dev.vars.example", WORKER_ENV),
];

/** The files of each kind of project, in the order in which they are shown. */
export const PROJECTS: Readonly<Record<ProjectKind, WriteFiles>> = {
  supabase,
  node,
  deno,
  worker,
};
