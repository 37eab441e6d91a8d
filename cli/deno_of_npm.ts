/** The command of the Deno that npm has, for machines that have none of their own that will do. */
export const DENO_OF_NPM = ["npx", "-y", "deno@2.9.6"] as const;
