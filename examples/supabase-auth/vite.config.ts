import { defineConfig } from "vite";

export default defineConfig({
  // What the page may read of the environment, besides VITE_….
  envPrefix: ["VITE_", "SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY"],
});
