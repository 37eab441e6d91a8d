/// <reference lib="dom" />
// @ts-types="./htm.d.ts"
import htm from "htm";
import { h, type VNode } from "preact";

const elements = htm.bind<VNode>(h);

/** Makes elements of a template with one root: `` html`<p class=${name}>…</p>` ``. */
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode {
  const made = elements(strings, ...values);
  if (Array.isArray(made)) throw new TypeError("a template has one root");
  return made;
}
