import { ConfigError } from "../shared/config_error.ts";
import { answer, type Handler } from "../shared/refusal.ts";
import type { Env } from "./env.ts";
import type { Runtime } from "./runtime.ts";
import { detectRuntime } from "./runtimes/detect.ts";

/** A server, in the form that Deno, Bun, Workers and most frameworks take. */
export interface Server {
  /** Answers a request. Works without its object, as a route's handler. */
  readonly fetch: Handler;
  /** `edge` or `gatekeeper`. */
  readonly name: string;
  /** Settles when the server can answer; rejects with a {@link ConfigError} when it never will. */
  readonly ready: Promise<void>;
  /**
   * Looks whether what it depends on is there, and tells the log what could be mistaken. Throws a
   * {@link ConfigError} when it couldn't answer anybody as things are.
   */
  check(): Promise<void>;
  /**
   * Ends requests that are held, so that their clients ask again, and closes connections of its own;
   * what comes later is held no more.
   */
  stop(): Promise<void>;
}

/** What every server takes; each option may be left out. */
export interface ServerOptions {
  /**
   * Where settings come from: a function, or an object such as `process.env` or a Worker's `env`. By
   * default, the process's environment.
   */
  readonly env?: Env | object;
  /** The path that it is mounted at, such as `/api/sync`; by default, the root. */
  readonly basePath?: string;
  /** Takes a line of the log, without a line break; by default, standard error does. */
  readonly log?: (line: string) => void;
  /**
   * Aborts when your program stops. Without it, on Deno, the server listens to SIGTERM and SIGINT by
   * itself, and ends the process then, as also when its settings are unusable.
   */
  readonly stopping?: AbortSignal;
}

/** What a server is made of. */
export interface Context {
  readonly runtime: Runtime;
  readonly env: Env;
  readonly basePath: string;
  readonly log: (line: string) => void;
  readonly stopping: AbortSignal;
}

/** A server whose settings have been read. */
export interface Started {
  readonly handler: Handler;
  /** See {@link Server}. */
  readonly check?: () => Promise<void>;
  /** Closes its connections. */
  readonly close?: () => Promise<void>;
}

/**
 * Starts a server: reads its settings in the background and answers as soon as they are there. When
 * they are unusable one line of the log says why, and all that is asked gets a 500: it never half starts.
 */
export function startServer(
  name: string,
  options: ServerOptions,
  create: (context: Context) => Promise<Started>,
): Server {
  const runtime = detectRuntime();
  const log = options.log ?? ((line) => console.error(`${name}: ${line}`));
  const stop = new AbortController();
  const ownsProcess = options.stopping === undefined ? runtime.process : undefined;
  followSignal(options.stopping ?? ownsProcess?.stopSignal(), stop);
  const close = async () => await starting.then((started) => started.close?.(), () => {});
  stop.signal.addEventListener("abort", () => void close());
  const env = readEnv(options.env) ?? runtime.env;

  async function start(): Promise<Started> {
    const basePath = readBasePath(options.basePath);
    return await create({ runtime, env, basePath, log, stopping: stop.signal });
  }

  const starting = start();
  let handle: Handler = async (request) => await (await starting).handler(request);
  const ready = starting.then(({ handler }) => {
    handle = handler;
  });
  ready.catch((error) => {
    handle = () => Promise.resolve(cannotStart());
    log(reasonOf(error));
    ownsProcess?.fail();
  });
  return {
    fetch: (request) => handle(request).catch(cannotStart),
    name,
    ready,
    check: async () => await (await starting).check?.(),
    async stop() {
      stop.abort();
      await close();
    },
  };
}

function followSignal(signal: AbortSignal | undefined, controller: AbortController): void {
  signal?.addEventListener("abort", () => controller.abort());
  if (signal?.aborted) controller.abort();
}

function readEnv(env: ServerOptions["env"]): Env | undefined {
  if (env === undefined || isFunction(env)) return env;
  return (name) => {
    const value: unknown = Reflect.get(env, name);
    if (value === undefined || value === null || typeof value === "string") {
      return value ?? undefined;
    }
    // A Worker's variables may be numbers.
    if (typeof value === "number" || typeof value === "boolean") return `${value}`;
    throw new ConfigError(`${name} must be a text.`);
  };
}

const isFunction = (env: Env | object): env is Env => typeof env === "function";

function readBasePath(path = ""): string {
  // Nothing that a URL would have otherwise: each request's path is compared as it came.
  const isPlain = /^(\/[\w.~-]+)+$/.test(path) && new URL(path, "http://app").pathname === path;
  if (path === "" || isPlain) return path;
  throw new ConfigError(`basePath must be like /api/sync, not ${JSON.stringify(path)}.`);
}

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : "something was thrown";
}

function cannotStart(): Response {
  const message = "This server can't start as it is configured; its log says why.";
  return answer({ message }, 500);
}
