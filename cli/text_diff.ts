/** Lines around a change that are shown. */
const CONTEXT = 3;

/** A line that stays (` `), goes (`-`) or comes (`+`), and where: line numbers from 0. */
interface Step {
  readonly sign: " " | "-" | "+";
  readonly line: string;
  readonly from: number;
  readonly to: number;
}

/** Writes what makes `after` of `before` as a unified diff; nothing where they are equal. */
export function textDiff(path: string, before: string, after: string): string {
  const steps = compare(linesOf(before), linesOf(after));
  const hunks = hunksOf(steps);
  if (hunks.length === 0) return "";
  return [`--- ${path}`, `+++ ${path}`, ...hunks.flatMap(writeHunk)].join("\n");
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.replace(/\n$/, "").split("\n");
  return text.endsWith("\n") ? lines : [...lines.slice(0, -1), `${lines.at(-1)}${UNENDED}`];
}

/** What follows a last line that doesn't end, as in other tools. */
const UNENDED = "\n\\ No newline at end of file";

/** By the longest common subsequence of lines. */
function compare(before: readonly string[], after: readonly string[]): Step[] {
  const lengths = commonLengths(before, after);
  const lengthAt = (from: number, to: number) => lengths[from]?.[to] ?? 0;
  const steps: Step[] = [];
  let [from, to] = [0, 0];
  while (from < before.length || to < after.length) {
    const [old, fresh] = [before[from], after[to]];
    if (old !== undefined && old === fresh) {
      steps.push({ sign: " ", line: old, from: from++, to: to++ });
    } else if (old !== undefined && lengthAt(from + 1, to) >= lengthAt(from, to + 1)) {
      steps.push({ sign: "-", line: old, from: from++, to });
    } else if (fresh !== undefined) {
      steps.push({ sign: "+", line: fresh, from, to: to++ });
    } else {
      steps.push({ sign: "-", line: old ?? "", from: from++, to });
    }
  }
  return steps;
}

/** How many lines are common to what is left of both, from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => Array(after.length + 1).fill(0));
  for (let from = before.length - 1; from >= 0; from--) {
    const [row = [], below = []] = [table[from], table[from + 1]];
    for (let to = after.length - 1; to >= 0; to--) {
      row[to] = before[from] === after[to]
        ? 1 + (below[to + 1] ?? 0)
        : Math.max(below[to] ?? 0, row[to + 1] ?? 0);
    }
  }
  return table;
}

/** Groups changes with the lines around them. */
function hunksOf(steps: readonly Step[]): Step[][] {
  const hunks: Step[][] = [];
  let end = -1;
  steps.forEach(({ sign }, i) => {
    if (sign === " ") return;
    const start = Math.max(i - CONTEXT, end);
    const next = Math.min(i + CONTEXT + 1, steps.length);
    const last = hunks.at(-1);
    const joined = last !== undefined && i - CONTEXT <= end;
    const added = steps.slice(Math.max(start, 0), next);
    if (joined) last.push(...steps.slice(end, next));
    else hunks.push(added);
    end = next;
  });
  return hunks;
}

function writeHunk(steps: readonly Step[]): string[] {
  const { from = 0, to = 0 } = steps[0] ?? {};
  const removed = steps.filter(({ sign }) => sign !== "+").length;
  const added = steps.filter(({ sign }) => sign !== "-").length;
  // A side without lines is counted from the line before it.
  const place = (start: number, count: number) => `${count === 0 ? start : start + 1},${count}`;
  return [
    `@@ -${place(from, removed)} +${place(to, added)} @@`,
    ...steps.map(({ sign, line }) => `${sign}${line}`),
  ];
}
