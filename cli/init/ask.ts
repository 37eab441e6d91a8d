import process from "node:process";
import { createInterface } from "node:readline/promises";

/** Asks for a yes; `null` where there is nobody to ask. */
export type Ask = (question: string) => Promise<boolean | null>;

/** Asks at the terminal. */
export const askAtTerminal: Ask = async (question) => {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return null;
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
};
