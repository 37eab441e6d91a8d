import { hasChromium, startChromium } from "../users/browser.ts";
import { startAuthServer } from "./auth_server.ts";
import { hasNpm, startNpmUser } from "./npm.ts";
import { runExample } from "./running_example.ts";
import { EXAMPLES } from "./walks.ts";
import { TEST_ALL } from "../support/test_all.ts";

/** Of two that are alike, one. */
const TRIED = Object.entries(EXAMPLES).filter(([name]) => TEST_ALL || name !== "react");

Deno.test("each example, copied elsewhere: npm i, npm run dev, and its page in Chromium", {
  ignore: !hasChromium() || !await hasNpm(),
}, async (t) => {
  await using user = await startNpmUser();
  await using auth = await startAuthServer();
  await using browser = await startChromium();
  const env = {
    ...user.env,
    SUPABASE_URL: auth.url,
    SUPABASE_PUBLISHABLE_KEY: "sb_publishable_of_the_stand_in",
  };
  // Together, for much of it is waiting for npm.
  const installed = await Promise.all(
    TRIED.map(async ([name, walk]) => ({
      name,
      walk,
      folder: await user.install(name),
    })),
  );
  for (const { name, walk, folder } of installed) {
    await t.step(`${name} has no mistake of types`, () => user.npm(folder, "run", "check"));
    await t.step(`${name} shows its rows, and what changes`, async () => {
      const own = name === "supabase-auth" ? env : user.env;
      await using example = await runExample(folder, browser, own);
      const took = await walk(example).catch((error) => {
        console.log(example.explain());
        throw error;
      });
      console.log(`${name}: a change in the database showed after ${took.toFixed()} ms`);
      await example.stop();
    });
  }
});
