import { deepEqual, match, ok } from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ROOT } from "../support/process.ts";
import { blocks, readPage, readPages } from "./readme.ts";

const PAGES = await readPages();

/** How GitHub names a heading in links to it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-");
}

/** The headings of a Markdown text, without what code blocks hold. */
function anchors(markdown: string): string[] {
  const text = markdown.replace(/^```.*?^```$/gms, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

/** The links of a Markdown text that stay in this repository. */
function ownLinks(markdown: string): string[] {
  const text = markdown.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`\n?/g, "code");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^https?:/.test(link));
}

Deno.test("every page begins with one sentence that says whom it is for", () => {
  for (const { path, text } of PAGES) {
    const [title = "", first = ""] = text.split(/\n{2,}/);
    match(title, /^# /, path);
    match(first, /^For people who (?:[^.]|\.(?=\S))*\.$/, `${path}: ${first}`);
  }
});

Deno.test("every link to a file or a heading of ours leads there", async () => {
  const dead: string[] = [];
  for (const { path, text } of PAGES) {
    for (const link of ownLinks(text)) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      const isThere = await stat(join(ROOT, target)).then(() => true, () => false);
      const leads = isThere &&
        (anchor === undefined || anchors((await readPage(target)).text).includes(anchor));
      if (!leads) dead.push(`${path}: ${link}`);
    }
  }
  deepEqual(dead, []);
});

Deno.test("the README leads to every page", async () => {
  const links = ownLinks((await readPage("README.md")).text);
  const pages = PAGES.map(({ path }) => path).filter((path) => path !== "README.md");
  deepEqual(pages.filter((path) => !links.includes(path)), []);
});

Deno.test("what stands as JSON is JSON", () => {
  for (const { text } of PAGES) for (const json of blocks(text, "json")) JSON.parse(json);
});

Deno.test("what config.toml needs is what the example's has", async () => {
  const { text } = await readPage("docs/add-to-your-project.md");
  const own = await readFile(join(ROOT, "supabase", "config.toml"), "utf8");
  const [toml = ""] = blocks(text, "toml");
  const sections = toml.split(/\n\n/);
  deepEqual(sections.length, 2);
  deepEqual(sections.filter((section) => !own.includes(section)), []);
});

Deno.test("the functions of docs/add-to-your-project.md are the example's, without its named shapes", async () => {
  const { text } = await readPage("docs/add-to-your-project.md");
  for (const name of ["gatekeeper", "edge"]) {
    const path = `supabase/functions/${name}/index.ts`;
    // Whoever adds it has no named shapes yet.
    const own = (await readFile(join(ROOT, path), "utf8")).trim().replaceAll(", shapes", "");
    ok(blocks(text, "ts").includes(`// ${path}\n${own}`), path);
  }
});

/** The code of the servers and what starts them, without its tests. */
async function code(): Promise<string> {
  const texts: string[] = [];
  for (const folder of ["shared", "edge", "gatekeeper", "cli"]) {
    for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
      if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
      texts.push(await readFile(join(ROOT, folder, name), "utf8"));
    }
  }
  return texts.join("\n");
}

/** Where the code has the words that a refusal's line of the log ends with. */
const WORDS = [
  /\b(?:because|badToken|badAccessToken)\("([a-z_]+)"/g,
  /\bforbidden(?:Table|Shape)?\(.*?"([a-z_]+)"\)/g,
  /includes\(asked\.table\) \? "([a-z_]+)"/g,
  /includes\(asked\.table\) \? "[a-z_]+" : "([a-z_]+)"/g,
  /\bnew Refusal\(\s*(?:\d+|status),\s*"([a-z_]+)"/g,
  /^ {2}(?:ERR_[A-Z_]+|iss|aud|nbf|exp|sub|typ|iat): "([a-z_]+)",$/gm,
  /\bNO_ISSUER = "([a-z_]+)/g,
  /\breason = "([a-z_]+)"/g,
];

Deno.test("docs/troubleshooting.md quotes what the servers say", async () => {
  const text = (await code()).replace(/" \+\s+"|`\s*\+\s+"|" \+\s+`/g, "");
  const page = (await readPage("docs/troubleshooting.md")).text;
  const cells = [...page.matchAll(/^\| ("[^|]+") +\|/gm)].map(([, cell = ""]) => cell);
  const quoted = cells.flatMap((cell) => [...cell.matchAll(/"([^"]+)"/g)]);
  ok(quoted.length > 10);
  deepEqual(quoted.map(([, said = ""]) => said).filter((said) => !text.includes(said)), []);
});

Deno.test("docs/troubleshooting.md explains all words of the log, and no others", async () => {
  const text = await code();
  const used = WORDS.map((word) => [...text.matchAll(word)].map(([, name = ""]) => name));
  for (const [i, names] of used.entries()) ok(names.length > 0, `${WORDS[i]} finds nothing`);
  const page = (await readPage("docs/troubleshooting.md")).text;
  const table = page.slice(
    page.indexOf("## Words in the log"),
    page.indexOf("## Rows don't arrive"),
  );
  const explained = [...table.matchAll(/^\| `([a-z_]+)`/gm)].map(([, name = ""]) => name);
  deepEqual(explained.toSorted(), [...new Set(used.flat())].toSorted());
});
