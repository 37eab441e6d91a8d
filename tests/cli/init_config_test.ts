import assert from "node:assert/strict";
import { withFunctions } from "../../cli/init/config_toml.ts";

const add = (config: string) => withFunctions(config, ["gatekeeper", "edge"]);

Deno.test("what is missing is added at the end, and nothing else changes", () => {
  const config = "[api]\nport = 1 # not touched\n\n[functions.gatekeeper]\nverify_jwt = false\n";
  assert.equal(
    add(config).text,
    `${config}\n# It checks its own tokens and credentials, which Supabase's gateway doesn't know.\n` +
      "[functions.edge]\nverify_jwt = false\n",
  );
});

Deno.test("a block without the setting gets it", () => {
  const { text, wrong } = add("[functions.edge] # mine\nenabled = true\n[functions.gatekeeper]");
  assert.equal(
    text,
    "[functions.edge] # mine\nverify_jwt = false\nenabled = true\n" +
      "[functions.gatekeeper]\nverify_jwt = false\n",
  );
  assert.deepEqual(wrong, []);
});

Deno.test("the other setting is its owner's to change", () => {
  const config = "[functions.edge]\nverify_jwt = true\n[functions.gatekeeper]\nverify_jwt=false\n";
  assert.deepEqual(add(config), { text: config, wrong: ["edge"] });
});

Deno.test("blocks are found however they are written", () => {
  for (
    const config of [
      '[ functions . "edge" ]\nverify_jwt = false\n[functions.gatekeeper]\nverify_jwt = false',
      "[functions]\nedge = { verify_jwt = false }\ngatekeeper.verify_jwt = false\n[api]\n",
      "functions.edge.verify_jwt = false\nfunctions.gatekeeper = { verify_jwt = false }\n",
    ]
  ) assert.deepEqual(add(config), { text: config, wrong: [] });
  const [inline, twoKeys] = ["[functions]\nedge = {}\ngatekeeper = { verify_jwt = false }\n", ""];
  assert.deepEqual(add(inline), { text: inline, wrong: ["edge"] });
  assert.match(add(twoKeys).text, /^# Both check their own/);
});

Deno.test("what only looks like a block isn't one", () => {
  const config = 'a = """\n[functions.edge]\nverify_jwt = true\n"""\n# [functions.gatekeeper]\n' +
    "[functions.edges]\nverify_jwt = true\n[[functions.edge]]\n";
  const { text, wrong } = add(config);
  assert.deepEqual(wrong, []);
  assert.ok(text.startsWith(config));
  assert.match(text.slice(config.length), /\[functions\.gatekeeper\][^]*\[functions\.edge\]/);
});

Deno.test("lines end as the file's do", () => {
  const { text } = add("[api]\r\nport = 1");
  assert.doesNotMatch(text.replaceAll("\r\n", ""), /\n/);
  assert.equal(add(text).text, text);
});
