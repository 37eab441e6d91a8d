// For containers and plain machines, which say by HOST and PORT where to listen; `deno serve` doesn't read them.
import edge from "./index.ts";
import { listen } from "./runtimes/listen.ts";

await listen(edge.fetch, edge);
Deno.exit(0);
