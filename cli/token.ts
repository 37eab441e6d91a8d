import { readDevConfig } from "../dev/config.ts";
import { DevError } from "../dev/error.ts";
import { findRunning } from "../dev/running.ts";
import { devSecret } from "../dev/secret.ts";
import { type Command, runTask } from "../dev/task.ts";
import { findUser, isUuid, userToken } from "../dev/user.ts";

const USAGE =
  `Prints an access token for the \`deno task dev\` that runs, as a sign-in would give it.

  deno task token alice                       a user of the example, by name
  deno task token <uuid> [options]            any user, by id

  --role <role>          authenticated by default
  --email <address>
  --claim <name>=<json>  one more claim, such as --claim 'app_metadata={"tenant":"acme"}'; may be repeated

It lives a day. DEV_DATA says which, where several \`deno task dev\` run.`;

/** Reads `name=json`. Throws {@link DevError} `bad_argument`. */
function readClaim(text: string): [name: string, value: unknown] {
  const [, name = "", json = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  try {
    return [name, JSON.parse(json)];
  } catch {
    const hint = `write --claim 'name="text"', --claim name=1 or --claim 'name={"a":true}'`;
    throw new DevError("bad_argument", `--claim ${text} is no name with a JSON value: ${hint}.`);
  }
}

const command = {
  usage: USAGE,
  options: {
    role: { type: "string", default: "authenticated" },
    email: { type: "string" },
    claim: { type: "string", multiple: true },
  },
  positionals: [1, 1],
} satisfies Command;

await runTask(command, async ({ values, positionals }) => {
  const { root, chosenData } = readDevConfig((name) => Deno.env.get(name));
  const claims = Object.fromEntries((values.claim ?? []).map(readClaim));
  const { data, databaseUrl, ownUsers } = await findRunning(root, chosenData);
  if (!ownUsers) {
    throw new DevError(
      "bad_setting",
      "The users of this `deno task dev` sign in elsewhere: it runs with SUPABASE_… or USER_… set.",
    );
  }
  const [who = ""] = positionals;
  const person = isUuid(who) ? { id: who, email: undefined } : await findUser(databaseUrl, who);
  const email = values.email ?? person.email;
  const signed = { ...(email !== undefined && { email }), role: values.role, ...claims };
  console.log(await userToken(await devSecret(data, "user-secret"), person.id, signed));
});
