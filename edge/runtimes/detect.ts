import type { Runtime } from "../runtime.ts";
import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import { nodeRuntime } from "./node.ts";
import { unknownRuntime } from "./unknown.ts";
import { workerRuntime } from "./worker.ts";

/** The runtime that this runs on. */
export function detectRuntime(): Runtime {
  // Bun and Deno have Node's `process`, too; workerd may.
  if (Reflect.has(globalThis, "Deno")) return denoRuntime();
  if (Reflect.has(globalThis, "Bun")) return bunRuntime();
  if (isWorker()) return workerRuntime();
  if (Reflect.has(globalThis, "process")) return nodeRuntime();
  return unknownRuntime();
}

function isWorker(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}
