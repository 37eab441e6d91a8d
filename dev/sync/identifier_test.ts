import assert from "node:assert/strict";
import {
  parseIdentifier,
  parseIdentifierList,
  parseRelation,
  quoteRelation,
} from "./identifier.ts";

Deno.test("identifiers fold, unless quoted", () => {
  assert.deepEqual(parseIdentifier("FooBar"), { ok: true, value: "foobar" });
  assert.deepEqual(parseIdentifier("ÉTÉ$1"), { ok: true, value: "ÉtÉ$1" });
  assert.deepEqual(parseIdentifier('"Foo""Bar"'), { ok: true, value: 'Foo"Bar' });
  assert.deepEqual(parseIdentifier('" "'), { ok: true, value: " " });
});

Deno.test("what is no identifier is refused in Electric's words", () => {
  const reasons = {
    "": "Invalid zero-length delimited identifier",
    '""': "Invalid zero-length delimited identifier",
    " ": "Invalid unquoted identifier contains special characters:  ",
    '"': 'Invalid unquoted identifier contains special characters: "',
    'Foo"Bar"': 'Invalid unquoted identifier contains special characters: Foo"Bar"',
    '"Foo"Bar"': 'Invalid identifier with unescaped quote: Foo"Bar',
    ["x".repeat(64)]: "Identifier is too long (max length is 63)",
  };
  for (const [text, reason] of Object.entries(reasons)) {
    assert.deepEqual(parseIdentifier(text), { ok: false, reason }, text);
  }
});

Deno.test("a relation is public unless it says otherwise", () => {
  const parsed = (text: string) => {
    const relation = parseRelation(text);
    return relation.ok ? quoteRelation(relation.value) : relation.reason;
  };
  assert.equal(parsed("Items"), '"public"."items"');
  assert.equal(parsed('"a.b"."C ""d"""'), '"a.b"."C ""d"""');
  assert.equal(parsed("a.b.c"), "Invalid relation identifier, too many delimiters: a.b.c");
});

Deno.test("a list splits at commas outside quotes", () => {
  assert.deepEqual(parseIdentifierList('"a,b",C'), { ok: true, value: ["a,b", "c"] });
  assert.equal(parseIdentifierList("a,").ok, false);
});
