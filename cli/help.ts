/** For a task whose arguments include `--help` or `-h`: prints how it is used, and ends it. */
export function offerHelp(usage: string): void {
  if (!Deno.args.includes("--help") && !Deno.args.includes("-h")) return;
  console.log(usage);
  Deno.exit(0);
}
