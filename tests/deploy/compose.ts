import { parse } from "yaml";
import { ROOT } from "../support/process.ts";

/** A service of docker-compose.yaml, with variables filled in. */
export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly init?: boolean;
  /** `address:port of this machine:port of the container`. */
  readonly ports?: readonly string[];
  readonly extra_hosts?: readonly string[];
  /** `from:to`, `from:to:ro`. */
  readonly volumes?: readonly string[];
}

/** docker-compose.yaml as Compose reads it. */
export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
}

/** Reads docker-compose.yaml with the variables of a shell and of an env file. */
export async function readCompose(env: Readonly<Record<string, string>>): Promise<Compose> {
  const text = await Deno.readTextFile(`${ROOT}/docker-compose.yaml`);
  return parse(interpolate(text, env));
}

/** The lines `NAME=value` of an env file, in which a shell's variables may stand. */
export async function readEnvFile(
  name: string,
  shell: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const text = interpolate(await Deno.readTextFile(`${ROOT}/${name}`), shell);
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, key = "", value = ""]) => [key, value]),
  );
}

/** `${NAME}`, `${NAME:-otherwise}`, also one in another, and `${NAME:?message}`: all that the files use. */
function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  const innermost = /\$\{([A-Z_]+)(?::([-?])([^${}]*))?\}/g;
  const filled = text.replace(innermost, (_all, name, mark, rest) => {
    const value = env[name];
    if (value) return value;
    if (mark === "?") throw new Error(`${name} is missing: ${rest}`);
    return mark === "-" ? rest : "";
  });
  return filled === text ? text : interpolate(filled, env);
}

/** What a Dockerfile of ours does, as far as a process can do the same. */
export interface Image {
  /** Paths of the build context, and where they go below the working directory. */
  readonly copies: readonly (readonly [from: string, to: string])[];
  readonly runs: readonly string[];
  readonly user: string;
  readonly command: readonly string[];
}

/** Reads the last stage of a Dockerfile. */
export async function readDockerfile(path: string): Promise<Image> {
  const text = (await Deno.readTextFile(`${ROOT}/${path}`)).replaceAll("\\\n", " ");
  const stage = text.slice(text.lastIndexOf("FROM "));
  const all = (word: string) =>
    [...stage.matchAll(new RegExp(`^${word} (.*)$`, "gm"))].map(([, rest = ""]) => rest);
  const copies = all("COPY").filter((line) => !line.startsWith("--from")).flatMap((line) => {
    const words = line.split(" ");
    const to = words.pop() ?? "";
    return words.map((from) => [from, to] as const);
  });
  const command: unknown = JSON.parse(all("CMD")[0] ?? "[]");
  const words = Array.isArray(command) ? command.map(String) : [];
  return { copies, runs: all("RUN"), user: all("USER")[0] ?? "root", command: words };
}
