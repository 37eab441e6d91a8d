/** What is wrong, and what to do about it; one line. */
export interface Finding {
  /** A file's place, or a policy's table. */
  readonly place: string;
  readonly message: string;
}

/** Makes one line of a text, however long it came. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 400 ? `${line.slice(0, 399)}…` : line;
}
