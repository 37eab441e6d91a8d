import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { formatName, parseName, parseNames } from "./identifier.ts";
import { Refusal } from "./refusal.ts";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => [...text].length <= 63 && !/^[\p{M}\u200c\u200d]|\p{Cf}$/u.test(text));

Deno.test("an unquoted identifier folds A-Z and nothing else", () => {
  equal(parseName("FooBar", "table"), "foobar");
  equal(parseName("ÄÖÜ_İ", "table"), "ÄÖÜ_İ");
  equal(parseName("a$1", "table"), "a$1");
});

Deno.test("a quoted identifier is taken as it is", () => {
  equal(parseName('"FooBar"', "table"), "FooBar");
  equal(parseName('"Foo""Bar"', "table"), 'Foo"Bar');
  equal(parseName('" "', "table"), " ");
});

Deno.test("what Electric refuses is refused, naming the field", () => {
  const bad = [
    "",
    '""',
    '"',
    '"unclosed',
    'un"opened"',
    'a"b',
    "a b",
    "foob@r",
    "1a",
    '"a"b"',
    "a-b",
    '"\u0301items"',
    '"\u200ditems"',
    '"items\u0600"',
  ];
  for (const text of [...bad, "x".repeat(64), `"${"x".repeat(64)}"`]) {
    throws(() => parseName(text, "table"), (error) => {
      return error instanceof Refusal && error.status === 400 && error.message.includes("table");
    }, text);
  }
  equal(parseName("x".repeat(63), "table").length, 63);
});

Deno.test("a path splits at dots outside quotes", () => {
  deepEqual(parseNames('"a.b"."C"', ".", "table"), ["a.b", "C"]);
  deepEqual(parseNames("Items", ".", "table"), ["items"]);
  for (const text of [".b", "a.", "a..b", '"a".', '"a."b"']) {
    throws(() => parseNames(text, ".", "table"), Refusal, text);
  }
});

Deno.test("a list splits at commas outside quotes", () => {
  deepEqual(parseNames('"PoTaTo,sunday",Foo,"fo""o"', ",", "columns"), [
    "PoTaTo,sunday",
    "foo",
    'fo"o',
  ]);
  throws(() => parseNames("id,", ",", "columns"), Refusal);
});

Deno.test("every name is read back as it was written", () => {
  fc.assert(fc.property(name, name, (first, second) => {
    equal(parseName(formatName(first), "x"), first);
    for (const delimiter of [".", ","] as const) {
      const text = [first, second].map(formatName).join(delimiter);
      deepEqual(parseNames(text, delimiter, "x"), [first, second]);
    }
  }));
});
