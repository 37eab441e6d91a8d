import { join, relative, sep } from "node:path";

/** Folders whose code a part runs, relative to a root. */
export interface Watched {
  readonly folders: readonly string[];
  onChange(path: string): void;
}

/** Editors write a file in several steps; a change counts when it has been quiet for so long, in milliseconds. */
const QUIET = 150;

/**
 * Watches code and calls `onChange` of each part that a change touches, once a burst; tests aren't run by
 * any part and are left out. Ends when `signal` is aborted.
 */
export async function watchCode(
  roots: readonly string[],
  parts: readonly Watched[],
  signal: AbortSignal,
): Promise<void> {
  const folders = [...new Set(parts.flatMap((part) => part.folders))];
  const paths = roots.flatMap((root) => folders.map((folder) => join(root, folder)));
  const watcher = Deno.watchFs(paths.filter(isFolder));
  signal.addEventListener("abort", () => watcher.close(), { once: true });
  const pending = new Map<Watched, ReturnType<typeof setTimeout>>();
  for await (const event of watcher) {
    if (event.kind === "access" || event.kind === "any" || event.kind === "other") continue;
    for (const path of event.paths.map((path) => below(roots, path)).filter(isCode)) {
      for (const part of parts) {
        if (!part.folders.some((folder) => path.startsWith(`${join(folder)}${sep}`))) continue;
        clearTimeout(pending.get(part));
        pending.set(part, setTimeout(() => signal.aborted || part.onChange(path), QUIET));
      }
    }
  }
  for (const timer of pending.values()) clearTimeout(timer);
}

/** A path relative to the root that it is below. */
function below(roots: readonly string[], path: string): string {
  const root = roots.find((root) => path.startsWith(`${root}${sep}`)) ?? "";
  return relative(root, path);
}

function isCode(path: string): boolean {
  return /\.(ts|js|json|sql|wasm)$/.test(path) && !/_test\.ts$/.test(path);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
