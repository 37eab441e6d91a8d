// What the library uses of runtimes that TypeScript's own libraries don't know; only the build reads this.

declare namespace Deno {
  const version: { readonly deno: string };
  const env: { get(name: string): string | undefined };
  const createHttpClient: ((options: { http2: boolean }) => object) | undefined;
  function addSignalListener(name: "SIGTERM" | "SIGINT", listener: () => void): void;
  function unrefTimer(id: unknown): void;
  function exit(code?: number): never;
}
