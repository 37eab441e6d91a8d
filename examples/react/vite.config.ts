import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const gatekeeper = process.env.VITE_GATEKEEPER ?? "http://localhost:4000";

export default defineConfig({
  plugins: [react()],
  // The app's own API, which electric/gatekeeper.ts serves as well.
  server: { proxy: { "/api": gatekeeper } },
});
