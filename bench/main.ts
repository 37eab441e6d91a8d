import { offerHelp } from "../cli/help.ts";
import { needPrograms } from "./wrk.ts";

const NAMES = [
  "proxy",
  "compressed",
  "held",
  "snapshot",
  "verify",
  "mint",
  "policies",
  "revocations",
  "start",
];

offerHelp(`Runs every benchmark, one after another, for about ten minutes.

  deno task bench

${NAMES.map((name) => `  deno task bench:${name} --help`).join("\n")}`);
needPrograms("wrk", "nginx");

for (const name of NAMES) {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["task", `bench:${name}`],
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}
