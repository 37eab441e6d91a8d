import { offerHelp } from "../cli/help.ts";
import { startContenders } from "./contenders.ts";
import { target, token } from "./request.ts";
import { round } from "./time.ts";
import { sendRequest } from "../tests/support/raw_http.ts";
import { usageOf } from "../tests/support/usage.ts";
import { needPrograms } from "./wrk.ts";

offerHelp(`Compares what proxies need for held requests, in memory and CPU time.

  deno task bench:held [held requests]`);
needPrograms("nginx");

const [held = 5000] = Deno.args.map(Number);

/** An upstream that takes requests and never answers. */
const open = new Set<Deno.Conn>();
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
(async () => {
  for await (const socket of listener) {
    open.add(socket);
    hold(socket);
  }
})();

async function hold(socket: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await socket.read(buffer).catch(() => null) !== null);
  if (open.delete(socket)) socket.close();
}

async function until(check: () => boolean, ms: number): Promise<number> {
  const began = performance.now();
  while (!check() && performance.now() - began < ms) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - began;
}

await using running = await startContenders(
  `http://127.0.0.1:${listener.addr.port}`,
  ["bare Deno", "edge"],
);
const headers = [["authorization", `Bearer ${await token()}`]] as const;
const results: Record<string, Record<string, number>> = {};
let bare = NaN;
for (const [name, { url, process }] of running.contenders) {
  const before = await usageOf(process.group);
  const clients: Deno.Conn[] = [];
  const port = Number(new URL(url).port);
  while (clients.length < held) {
    const batch = Array.from(
      { length: Math.min(250, held - clients.length) },
      () => sendRequest(port, { target: target({ offset: "now", live: "true" }), headers }),
    );
    clients.push(...await Promise.all(batch));
  }
  await until(() => open.size >= held, 30_000);
  if (open.size < held) throw new Error(`${name}: only ${open.size} of ${held} arrived upstream`);
  // Until the edge, too, has looked at all of them.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { memory } = await usageOf(process.group);
  for (const client of clients) client.close();
  const released = await until(() => open.size === 0, 5000);
  const each = (memory - before.memory) * 1024 / held;
  if (Number.isNaN(bare)) bare = each;
  results[name] = {
    "MiB before": round(before.memory),
    "MiB in all": round(memory),
    "KiB a request": round(each),
    "× bare": round(each / bare),
    "left upstream": open.size,
    "released after ms": open.size > 0 ? NaN : round(released),
  };
  for (const socket of open) socket.close();
  open.clear();
}
console.log(`${held} live requests held at once`);
console.table(results);
listener.close();
