/** A text that others wrote, for a line of the log: what would end the line, or hide it, is a blank. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
