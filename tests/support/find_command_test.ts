import { equal } from "node:assert/strict";
import { findCommand } from "./find_command.ts";
import { tempDir } from "./temp_dir.ts";

Deno.test("a command is found by its name in PATH, or by its path", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using folder = await tempDir();
  const path = Deno.env.get("PATH") ?? "";
  const [program, text] = [`${folder.path}/some-browser`, `${folder.path}/some-text`];
  await Deno.writeTextFile(program, "", { mode: 0o755 });
  await Deno.writeTextFile(text, "", { mode: 0o644 });
  Deno.env.set("PATH", `/nowhere:${folder.path}`);
  try {
    equal(findCommand("not-here", "some-browser"), program);
    equal(findCommand("some-text"), undefined);
    equal(findCommand(program), program);
    equal(findCommand(`${program}-not`), undefined);
  } finally {
    Deno.env.set("PATH", path);
  }
});
