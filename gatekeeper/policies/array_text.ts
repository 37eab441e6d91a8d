/** A value that Postgres can read from text. */
export type Scalar = string | number | bigint | boolean;

/**
 * Writes a list as the text of a Postgres array (its manual, section 8.15.6): sorted and without
 * doubles, so that equal lists are one text; quoted and escaped where needed.
 */
export function arrayText(values: readonly Scalar[]): string {
  const texts = [...new Set(values.map(String))].sort();
  return `{${texts.map(element).join()}}`;
}

function element(text: string): string {
  const plain = /^[\w.:+-]+$/.test(text) && !/^null$/i.test(text);
  return plain ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}
