import { startSyncService } from "./service.ts";

const databaseUrl = Deno.env.get("DATABASE_URL");
const port = Number(Deno.env.get("PORT") ?? "3000");
const secret = Deno.env.get("ELECTRIC_SECRET");
/** Electric's own name for it. */
const allowsDeletion = Deno.env.get("ELECTRIC_ENABLE_INTEGRATION_TESTING") === "true";
if (!databaseUrl) fail("DATABASE_URL is not set: the sync service needs a Postgres to follow");
if (!Number.isInteger(port) || port < 0 || port > 65535) fail("PORT is not a port number");

try {
  const service = await startSyncService({
    databaseUrl,
    port,
    ...(secret && { secret }),
    allowsDeletion,
    log: (line) => console.error(`sync service: ${line}`),
  });
  console.log(
    `sync service on ${service.url} (speaks Electric's HTTP API, for development only)`,
  );
  const stop = async () => {
    await service.stop();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);
} catch (error) {
  fail(`the sync service can't start: ${error instanceof Error ? error.message : error}`);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(1);
}
