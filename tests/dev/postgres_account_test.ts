import assert from "node:assert/strict";
import { canReach } from "../../dev/postgres_account.ts";
import { ROOT } from "./dev_process.ts";

const nobody = { uid: 65534, gid: 65534 };
const notRoot = Deno.build.os === "windows" || Deno.uid() !== 0;

Deno.test({
  name: "an account reaches what its permissions say",
  ignore: notRoot,
  fn: async () => {
    assert.equal(await canReach(nobody, "/bin/sh"), true);
    assert.equal(await canReach(nobody, "/etc/passwd"), false);
  },
});

Deno.test({
  name: "what asks whether an account reaches a file is asked again when Ctrl-C ends it",
  ignore: notRoot,
  fn: async () => {
    const asking = `
      import { canReach } from "./dev/postgres_account.ts";
      Deno.addSignalListener("SIGINT", () => {});
      console.log("asking");
      const answers = [];
      while (answers.length < 100) answers.push(await canReach(${
      JSON.stringify(nobody)
    }, "/bin/sh"));
      console.log(answers.filter((answer) => !answer).length, "times no");`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", asking],
      cwd: ROOT,
      detached: true,
      stdout: "piped",
    }).spawn();
    let said = "";
    let interrupting: ReturnType<typeof setInterval> | undefined;
    try {
      // It stays until it is ended, so that there is something to signal.
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        said += text;
        if (said.includes("times")) break;
        interrupting ??= setInterval(() => Deno.kill(-child.pid, "SIGINT"), 2);
      }
    } finally {
      clearInterval(interrupting);
      Deno.kill(-child.pid, "SIGKILL");
      await child.status;
    }
    assert.equal(said, "asking\n0 times no\n");
  },
});
