// For containers and plain machines, which say by PORT where to listen; `deno serve` doesn't read it.
import edge from "./index.ts";

Deno.serve({ port: edge.port }, edge.fetch);
