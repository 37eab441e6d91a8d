import { deepEqual, throws } from "node:assert/strict";
import { Agreement } from "./agreement.ts";
import { Refusal } from "./refusal.ts";
import { Shape } from "./shape.ts";

const shape = Shape.parse({ table: "items", where: "a = $1", params: ["x y"] });
const agree = () => new Agreement({ url: "http://e", pairs: [], hidesColumns: true }, shape);
const SHAPE = "table=items&where=a+%3D+%241&params%5B1%5D=x+y";

Deno.test("protocol parameters are given as pieces, also when the shape is known", () => {
  const agreement = agree();
  for (let i = 0; i < 2; i++) {
    deepEqual(agreement.read(`${SHAPE}&offset=0_${i}&live=true`), [`offset=0_${i}`, "live=true"]);
    deepEqual(agreement.read(`offset=${i}&${SHAPE}&cursor=&junk=1`), [`offset=${i}`, "cursor="]);
    deepEqual(agreement.read(`table=public.items&${SHAPE.slice(12)}`), []);
  }
});

Deno.test("a known shape lets nothing else pass", () => {
  const agreement = agree();
  const refused = (query: string) => throws(() => agreement.read(query), Refusal, query);
  for (let i = 0; i < 2; i++) {
    agreement.read(`${SHAPE}&offset=-1`);
    refused(`${SHAPE.replace("items", "other")}&offset=-1`);
    refused(`${SHAPE}&table=items&offset=-1`);
    refused(`${SHAPE}&offset=-1&offset=-1`);
    refused(`${SHAPE}&offset=-1&%6Fffset=-1`);
    refused(`${SHAPE}&live=`);
    refused(`${SHAPE}&live=1`);
    refused(`${SHAPE}&offset[]=-1`);
    refused(`${SHAPE}&offset=%zz`);
    refused("offset=-1");
  }
});

Deno.test("a protocol parameter in an odd spelling is read each time", () => {
  const agreement = agree();
  for (let i = 0; i < 3; i++) {
    deepEqual(agreement.read(`${SHAPE}&%6Fffset=-1`), ["offset=-1"]);
    deepEqual(agreement.read(`${SHAPE}&subset__where=a+%3E+1`), ["subset__where=a%20%3E%201"]);
    deepEqual(agreement.read(SHAPE), []);
  }
});
