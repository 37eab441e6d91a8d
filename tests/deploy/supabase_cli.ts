import { tempDir } from "../support/temp_dir.ts";

const VERSION = "3.1.0";

/** What a run of the CLI printed, on both outputs, and how it ended. */
export interface CliRun {
  readonly code: number;
  readonly output: string;
}

/** How to run the CLI. */
export interface CliOptions {
  /** The CLI itself, as {@link supabasePath} gives it. */
  readonly path: string;
  /** Folder that holds `supabase/`. */
  readonly cwd: string;
  /** Base URL of the management API. */
  readonly api: string;
  readonly token: string;
}

/** Path of the real Supabase CLI, which npm brings once; throws where npm can't. */
export async function supabasePath(): Promise<string> {
  await using folder = await tempDir();
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", "-p", `supabase@${VERSION}`, "-c", "command -v supabase"],
    cwd: folder.path,
    stdin: "null",
  }).output();
  const path = new TextDecoder().decode(stdout).trim();
  if (success && path !== "") return path;
  throw new Error(`npx supabase@${VERSION}: ${new TextDecoder().decode(stderr).slice(-300)}`);
}

/**
 * Runs the CLI against another management API than Supabase's. It gets a home folder of its own
 * and no Docker engine, whatever the machine has.
 */
export async function runSupabase(args: readonly string[], options: CliOptions): Promise<CliRun> {
  await using home = await tempDir();
  const { path, cwd, api, token } = options;
  const profile = `${home.path}/profile.yaml`;
  await Deno.writeTextFile(
    profile,
    `name: stand-in\napi_url: ${api}\ndashboard_url: ${api}\nproject_host: localhost\n`,
  );
  const { code, stdout, stderr } = await new Deno.Command(path, {
    args: [...args, "--profile", profile],
    cwd,
    stdin: "null",
    env: {
      HOME: home.path,
      DOCKER_HOST: `unix://${home.path}/no-docker.sock`,
      SUPABASE_ACCESS_TOKEN: token,
      SUPABASE_TELEMETRY_DISABLED: "1",
      DO_NOT_TRACK: "1",
      NO_COLOR: "1",
    },
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}
