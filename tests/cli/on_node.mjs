// Runs a command of ours on Node, as `npx electric-gatekeeper` will: its module, its name, its arguments.
const [module, name, ...args] = process.argv.slice(2);
const { [name]: command } = await import(module);
const { env } = process;
process.exitCode = await command({ cwd: process.cwd(), args, env, print: console.log });
