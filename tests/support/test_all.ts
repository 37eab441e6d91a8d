/** Whether what takes long runs, too. */
export const TEST_ALL = Deno.env.get("TEST_ALL") === "1";

if (!TEST_ALL) console.log("skipped: what takes long, and some of many alike; TEST_ALL=1 runs all");
