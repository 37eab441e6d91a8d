import type { PgSnapshot } from "./visibility.ts";

/** The message that ends rows of a snapshot, and says which transactions they show. */
export function snapshotEnd({ xmin, xmax, running }: PgSnapshot): string {
  const headers = {
    control: "snapshot-end",
    xip_list: running.map(String),
    xmax: `${xmax}`,
    xmin: `${xmin}`,
  };
  return JSON.stringify({ headers });
}
