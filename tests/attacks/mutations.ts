import { offerHelp } from "../../cli/help.ts";
import { ROOT } from "../support/process.ts";
import { type Mutant, MUTANTS } from "./mutants.ts";

offerHelp(
  `Takes each guard out of a copy of the tree, one by one, and names the tests that fail. Fails
when none does. All of them take hours.

  deno task mutants [regular expression for "file guard"]`,
);

const PARTS = [
  "shared",
  "edge",
  "gatekeeper",
  "client",
  "cli",
  "caddy",
  "dev",
  "supabase",
  "tests",
  "node_modules",
  "deno.json",
  "deno.lock",
  // What the package is built from, besides.
  "docs",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "SECURITY.md",
];
/** One after the other until one fails; the quick ones stand first, and see most mutants in seconds. */
const TESTS = [
  ["shared", "edge", "gatekeeper", "dev/playground"],
  ["tests/conformance", "tests/shapes", "tests/policies"],
  [
    "tests/attacks",
    "tests/revocation",
    "tests/users/supabase_keys_test.ts",
    "tests/users/token_limit_test.ts",
    "tests/e2e/rotation_test.ts",
    "tests/playground/front_test.ts",
    "tests/playground/write_row_test.ts",
  ],
];
/** They would tell of the mutant itself, or not at all. */
const LEFT_OUT = ["tests/attacks/mutants_test.ts", "tests/attacks/weak_proxies_test.ts"];

/** Milliseconds that the tests may take; they take three to five minutes. */
const LIMIT = 600_000;

async function copyTree(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "gatekeeper-mutants-" });
  await Deno.chmod(folder, 0o755);
  const from = PARTS.map((part) => `${ROOT}/${part}`);
  // Links to the same files would let the copy's Deno write into ours.
  const { success } = await new Deno.Command("cp", { args: ["-a", ...from, folder] }).output();
  if (!success) throw new Error("the tree can't be copied");
  for (const test of LEFT_OUT) await Deno.remove(`${folder}/${test}`);
  return folder;
}

async function failingTests(folder: string): Promise<string[]> {
  for (const tests of TESTS) {
    const failed = await failingOf(tests, folder);
    if (failed.length > 0) return failed;
  }
  return [];
}

async function failingOf(tests: readonly string[], folder: string): Promise<string[]> {
  const limit = AbortSignal.timeout(LIMIT);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-check",
      "--config",
      "tests/deno.json",
      "--fail-fast",
      ...tests,
    ],
    cwd: folder,
    env: { NO_COLOR: "1", FUZZ_SEED: "1", FUZZ_RUNS: "5000" },
    stderr: "null",
    signal: limit,
  }).output();
  if (limit.aborted) return ["(the tests hang)"];
  const text = new TextDecoder().decode(stdout);
  const failed = [...text.matchAll(/^(.+?) => \.\/(\S+?):\d+:\d+$/gm)].map((m) =>
    `${m[2]}: ${m[1]}`
  );
  return failed.length > 0 || text.includes("ok |") ? [...new Set(failed)] : ["(it doesn't start)"];
}

async function mutate(folder: string, { file, find, replace }: Mutant): Promise<string[]> {
  const path = `${folder}/${file}`;
  const text = await Deno.readTextFile(path);
  if (text.split(find).length !== 2) return [];
  await Deno.writeTextFile(path, text.replace(find, () => replace));
  const failed = await failingTests(folder);
  await Deno.writeTextFile(path, text);
  return failed;
}

const wanted = new RegExp(Deno.args.join(" "));
const folder = await copyTree();
let unseen = 0;
try {
  const broken = await failingTests(folder);
  if (broken.length > 0) throw new Error(`tests fail without a mutant: ${broken.join(", ")}`);
  for (const mutant of MUTANTS) {
    if (!wanted.test(`${mutant.file} ${mutant.guard}`)) continue;
    const [first = "NO TEST FAILS", ...more] = await mutate(folder, mutant);
    if (first === "NO TEST FAILS") unseen++;
    console.log(
      `${mutant.file} | ${mutant.guard} | ${first}${
        more.length > 0 ? ` and ${more.length} more` : ""
      }`,
    );
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`${unseen} guards that no test needs`);
Deno.exit(unseen === 0 ? 0 : 1);
