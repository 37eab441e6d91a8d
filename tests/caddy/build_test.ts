import assert from "node:assert/strict";
import { VERSIONS } from "../../caddy/build.ts";
import { ROOT } from "../support/process.ts";

Deno.test("all that build Caddy build the same versions", async () => {
  const caddy = VERSIONS["github.com/caddyserver/caddy/v2"];
  const dockerfile = await Deno.readTextFile(`${ROOT}/caddy/Dockerfile`);
  assert.match(dockerfile, new RegExp(`xcaddy build ${caddy} `));
  const module = "github.com/ggicci/caddy-jwt";
  assert.ok(dockerfile.includes(`--with ${module}@${VERSIONS[module]} `));
  const standIn = await Deno.readTextFile(`${ROOT}/tests/caddy/stand_in/go.mod`);
  assert.ok(standIn.includes(`\tgithub.com/caddyserver/caddy/v2 ${caddy}\n`));
});
