/** As `wrangler types` writes it. */
interface Env {
  readonly AUTH_SECRET: string;
  readonly ELECTRIC_URL: string;
}

/** In place of workerd's module of that name, for types. */
export const env: Env = { AUTH_SECRET: "", ELECTRIC_URL: "" };
