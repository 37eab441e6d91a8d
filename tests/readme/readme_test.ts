import { deepEqual, equal } from "node:assert/strict";
import { blocks, consoleSteps, printed, shellCommands } from "./readme.ts";

Deno.test("console blocks are read as commands and what they print", () => {
  const markdown = "a\n```console\n$ echo 1\n1\n2\n```\n```ts\nlet x;\n```\n";
  deepEqual(consoleSteps(markdown), [{ command: "echo 1", prints: "1\n2" }]);
  deepEqual(blocks(markdown, "ts"), ["let x;"]);
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
