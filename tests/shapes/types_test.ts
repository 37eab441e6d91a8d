import { equal } from "node:assert/strict";
import { ROOT } from "../support/process.ts";

Deno.test("what must compile does, and each mistake that is marked doesn't", async () => {
  const args = ["check", "--config", "tests/deno.json", "tests/shapes/types/marked.ts"];
  const env = { NO_COLOR: "1" };
  const check = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env });
  const { code, stderr } = await check.output();
  equal(code, 0, new TextDecoder().decode(stderr));
});
