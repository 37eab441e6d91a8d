import assert from "node:assert/strict";
import fc from "fast-check";
import { textDiff } from "../../cli/text_diff.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("a change is shown with the lines around it", () => {
  const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
  assert.equal(
    textDiff("a", before, before.replace("5", "five")),
    "--- a\n+++ a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8",
  );
  assert.equal(textDiff("a", before, before), "");
  assert.match(textDiff("a", "x", "x\n"), /^-x\n\\ No newline at end of file\n\+x$/m);
});

Deno.test("git makes the one text of the other by it", async () => {
  await using folder = await tempDir();
  const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 })
    .chain((lines) => fc.constantFrom("", "\n").map((end) => lines.join("\n") + end));
  const path = `${folder.path}/a`;
  await fc.assert(
    fc.asyncProperty(text, text, async (before, after) => {
      const diff = textDiff("a", before, after);
      assert.equal(diff === "", before === after);
      if (diff === "" || before === "" || after === "") return;
      await Deno.writeTextFile(path, before);
      await Deno.writeTextFile(`${folder.path}/patch`, `${diff}\n`);
      const { success, stderr } = await new Deno.Command("git", {
        args: ["apply", "-p0", "patch"],
        cwd: folder.path,
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.equal(await Deno.readTextFile(path), after);
    }),
    { numRuns: 100 },
  );
});
