import edge from "./index.ts";

// For containers and plain machines, where PORT says where to listen; `deno serve` doesn't read it.
Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000) }, edge.fetch);
