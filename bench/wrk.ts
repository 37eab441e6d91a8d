import { findCommand } from "../tests/support/find_command.ts";
import { usageOf } from "../tests/support/usage.ts";
import type { TestProcess } from "../tests/support/process.ts";

/** What wrk saw. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** 99th percentile of the response times, in milliseconds. */
  readonly p99: number;
}

/** Ends the benchmark in a line when a program that it can't do without is missing. */
export function needPrograms(...names: readonly string[]): void {
  const missing = names.filter((name) => findCommand(name) === undefined);
  if (missing.length === 0) return;
  const programs = missing.join(" and ");
  console.error(
    `This benchmark needs ${programs}: install it (Debian: apt-get install ${
      missing.join(" ")
    }) and run it again.`,
  );
  Deno.exit(1);
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

/** Loads a URL with wrk on so many connections; throws when wrk is missing or a response isn't 2xx. */
async function load(
  url: string,
  headers: Readonly<Record<string, string>>,
  connections: number,
  seconds: number,
): Promise<Load> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "--latency"];
  for (const [name, value] of Object.entries(headers)) args.push("-H", `${name}: ${value}`);
  const { stdout } = await new Deno.Command("wrk", { args: [...args, url] }).output();
  const text = new TextDecoder().decode(stdout);
  const [, requests, time] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  const [, p99, unit = ""] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  const failed = /Non-2xx|Socket errors/.test(text);
  if (failed || requests === undefined) throw new Error(`wrk ${url}:\n${text}`);
  return {
    requests: Number(requests),
    seconds: Number(time),
    p99: Number(p99) * (MILLISECONDS[unit] ?? NaN),
  };
}

/** The same, for a server whose process is known, with its CPU time a request in microseconds. */
export async function cost(
  server: { readonly url: string; readonly process: TestProcess },
  target: string,
  headers: Readonly<Record<string, string>>,
  connections: number,
  seconds: number,
): Promise<Load & { readonly microseconds: number }> {
  const before = await usageOf(server.process.group);
  const seen = await load(server.url + target, headers, connections, seconds);
  const { cpu } = await usageOf(server.process.group);
  return { ...seen, microseconds: (cpu - before.cpu) * 1e6 / seen.requests };
}
