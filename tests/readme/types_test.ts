import { equal, ok } from "node:assert/strict";
import { tempDir } from "../support/temp_dir.ts";
import { writeProject } from "./project.ts";
import { codeBlocks, readPages } from "./readme.ts";

const PAGES = await readPages();

for (const page of PAGES.filter(({ text }) => /^```tsx?$/m.test(text))) {
  Deno.test(`the code of ${page.path} has no mistake of types`, async () => {
    await using folder = await tempDir();
    const names = await writeProject(page, folder.path);
    const command = new Deno.Command(Deno.execPath(), {
      args: ["check", ...names],
      cwd: folder.path,
      env: { NO_COLOR: "1" },
    });
    const { code, stderr } = await command.output();
    equal(code, 0, new TextDecoder().decode(stderr));
  });
}

Deno.test("blocks have languages that the tests of the docs know", () => {
  const known = ["", "console", "ini", "json", "sh", "sql", "toml", "ts", "tsx"];
  for (const { path, text } of PAGES) {
    for (const { language } of codeBlocks(text)) {
      ok(known.includes(language), `${path}: ${language}`);
    }
  }
});
