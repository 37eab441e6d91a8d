import { deepEqual, equal } from "node:assert/strict";
import { blocks, codeBlocks, consoleSteps, printed, shellCommands } from "./readme.ts";

Deno.test("console blocks are read as commands and what they print", () => {
  const markdown = "a\n```console\n$ echo 1\n1\n2\n```\n```ts\nlet x;\n```\n";
  deepEqual(consoleSteps(markdown), [{ command: "echo 1", prints: "1\n2" }]);
  deepEqual(blocks(markdown, "ts"), ["let x;"]);
});

Deno.test("blocks are known by their file, and by what stands before them", () => {
  const block = (code: string) => `\`\`\`ts\n${code}\n\`\`\`\n`;
  const [plain, given, notChecked] = codeBlocks(
    `a\n\n${block("// b/$.ts\nc();")}\n<!-- given: const d = 1; -->\n\n${
      block("// Not a file\nd;")
    }` +
      `\n<!-- not checked: needs e -->\n\n${block("e;")}`,
  );
  equal(plain?.file, "b/$.ts");
  deepEqual([given?.file, given?.given], [undefined, "const d = 1; "]);
  deepEqual([plain?.notChecked, notChecked?.notChecked], [undefined, "needs e"]);
});

Deno.test("dots stand for anything, all else for itself", () => {
  equal(printed("HTTP/1.1 200 OK\n...\n[...]", "HTTP/1.1 200 OK\r\na: b\r\n\r\n[1]\n"), true);
  equal(printed("HTTP/1.1 200 OK", "HTTP/1.1 401 Unauthorized"), false);
  equal(printed("a.c", "abc"), false);
  equal(printed("", ""), true);
});

Deno.test("sh blocks are commands without comments", () => {
  const markdown =
    "```sh\na --b    # why\n# only\nc '#1'\ne <<< \"f\ng\"\n```\n```console\n$ d\n```\n";
  deepEqual(shellCommands(markdown), ["a --b", "c '#1'", 'e <<< "f\ng"']);
});
