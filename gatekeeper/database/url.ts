/** Whether a text is a URL of Postgres's (its manual, section 32.1.1). */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
}
