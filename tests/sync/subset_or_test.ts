import assert from "node:assert/strict";
import { startStack } from "./stack.ts";

Deno.test("a subset of a shape with a top-level OR has rows beyond itself, as Electric's has", async (t) => {
  await using stack = await startStack();
  await stack.sql`create table things (id int primary key, kind text not null)`;
  await stack.sql`insert into things values (1, 'a'), (2, 'b'), (3, 'c')`;
  const idsOf = async (where: string) => {
    const query = new URLSearchParams({ table: "things", where, offset: "now" });
    const response = await fetch(`${stack.service.url}/v1/shape?${query}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ where: "id = 2 OR id = 3" }),
    });
    const { data } = await response.json();
    return data.map(({ value }: { value: { id: string } }) => value.id).sort();
  };
  await t.step("as it is", async () => {
    assert.deepEqual(await idsOf("kind = 'a' OR kind = 'b' -- both"), ["1", "2"]);
  });
  await t.step("in parentheses, as a policy should write it", async () => {
    assert.deepEqual(await idsOf("(kind = 'a' OR kind = 'b')"), ["2"]);
  });
});
