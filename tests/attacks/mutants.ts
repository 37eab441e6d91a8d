/** A guard taken out of the core; some test must notice. */
export interface Mutant {
  /** The guard, in words. */
  readonly guard: string;
  readonly file: string;
  /** Stands in the file once. */
  readonly find: string;
  readonly replace: string;
}

const at = (file: string, guard: string, find: string, replace: string): Mutant => ({
  guard,
  file,
  find,
  replace,
});

/** One for each guard of `shared/` and `edge/`. */
export const MUTANTS: readonly Mutant[] = [
  // Requests.
  at(
    "shared/proxy.ts",
    "the request's shape is the token's",
    ".canonical !== shape.canonical",
    ".canonical === ''",
  ),
  at("shared/proxy.ts", "only four methods", "allowMethods(request, ...METHODS);", ""),
  at(
    "shared/proxy.ts",
    "a body is written anew",
    "await readSubset(request)",
    "await request.text()",
  ),
  at("shared/proxy.ts", "redirects aren't followed", 'redirect: "manual"', 'redirect: "follow"'),
  at(
    "shared/proxy.ts",
    "no token, no answer",
    "const { shape } = await verify(request);",
    "const shape = request.headers.has('authorization') ? (await verify(request)).shape : Shape.parse(splitQuery(readQuery(query)).fields);",
  ),
  at("shared/shape.ts", "a shape param twice", "if (seen.has(name)) throw", "if (false) throw"),
  at(
    "shared/shape.ts",
    "no brackets but those of params[n]",
    "else throw invalidRequest(`${base} must be given",
    "else if (false) throw invalidRequest(`${base} must be given",
  ),
  at(
    "shared/shape.ts",
    "params are numbered without holes",
    'if (typeof value === "string") return checkText(`params[${i + 1}]`, value);',
    'return typeof value === "string" ? value : "";',
  ),
  at(
    "shared/shape.ts",
    "params are texts of sound characters",
    "return checkText(`params[${i + 1}]`, value);",
    "return value;",
  ),
  at("shared/shape.ts", "where isn't blank", 'if (where?.trim() === "")', "if (false)"),
  at(
    "shared/shape.ts",
    "replica is one of two",
    'if (replica !== "default" && replica !== "full")',
    "if (false)",
  ),
  at(
    "shared/shape.ts",
    "a claim has no unknown fields",
    "if (Object.keys(fields).some(",
    "if (false && Object.keys(fields).some(",
  ),
  at(
    "shared/shape.ts",
    "fields are texts",
    'if (typeof value !== "string") throw invalidRequest(`${name} must be a text.`);',
    'if (typeof value !== "string") return String(value);',
  ),
  at(
    "shared/shape.ts",
    "columns aren't empty",
    "if (columns.length === 0) throw",
    "if (false) throw",
  ),
  at(
    "shared/shape.ts",
    "no column twice",
    "if (new Set(columns).size < columns.length) throw",
    "if (false) throw",
  ),
  at(
    "shared/shape.ts",
    "columns are texts",
    'if (typeof item !== "string") throw invalidRequest(`${field} must hold texts only.`);',
    'if (typeof item !== "string") return String(item);',
  ),
  at(
    "shared/shape.ts",
    "narrowed columns narrow subset queries",
    'readColumns(fields, "queryable_columns") ?? columns',
    'readColumns(fields, "queryable_columns")',
  ),
  at(
    "shared/shape.ts",
    "a client's queryable_columns are dropped",
    'if (base !== "queryable_columns") rest.push([name, value]);',
    'if (base !== "queryable_columns") rest.push([name, value]); else fields.push([name, value]);',
  ),
  at(
    "shared/identifier.ts",
    "unquoted names are plain",
    "if (quoted === undefined && !UNQUOTED.test(text))",
    "if (false)",
  ),
  at("shared/identifier.ts", "names aren't empty", 'if (name === "") throw', "if (false) throw"),
  at(
    "shared/identifier.ts",
    "names have 63 characters at most",
    "if ([...name].length > 63) throw",
    "if (false) throw",
  ),
  at(
    "shared/identifier.ts",
    "names keep their letters when Electric unquotes them",
    "if ([ends.at(0), ends.at(-1)].some(",
    "if (false && [ends.at(0), ends.at(-1)].some(",
  ),
  at(
    "shared/identifier.ts",
    "unquoted names fold",
    "text.replace(/[A-Z]/g, (c) => c.toLowerCase())",
    "text",
  ),
  at("shared/identifier.ts", "one dot at most", "if (more.length > 0) throw", "if (false) throw"),
  at(
    "shared/identifier.ts",
    "quotes in names are doubled",
    '`"${name.replaceAll(\'"\', \'""\')}"`',
    '`"${name}"`',
  ),
  at(
    "shared/query.ts",
    "no control characters, no lone surrogates",
    "if (!/\\p{Cc}/u.test(text) && text.isWellFormed()) return text;",
    "return text;",
  ),
  at(
    "shared/query.ts",
    "no over-long values",
    "if (text.length > MAX_TEXT) throw",
    "if (false) throw",
  ),
  at(
    "shared/query.ts",
    "bad percent-encoding is refused",
    'decoded = decodeURIComponent(text.replaceAll("+", " "));',
    'decoded = new URLSearchParams(`x=${text}`).get("x") ?? "";',
  ),
  at(
    "shared/query.ts",
    "a path in the Host header is no path",
    '/[/?]/.test(headers.get("host") ?? "")',
    "false",
  ),
  at(
    "shared/query.ts",
    "paths are taken as they came",
    'const [, path = "", query = ""] =',
    "const { pathname: path, search } = new URL(url);\n  const query = search.slice(1);\n  const [] =",
  ),
  at(
    "shared/upstream.ts",
    "protocol params are single",
    "if (protocol.has(name) || name !== baseName(name)) {",
    "if (name !== baseName(name)) {",
  ),
  at(
    "shared/upstream.ts",
    "protocol params have no brackets",
    "if (protocol.has(name) || name !== baseName(name)) {",
    "if (protocol.has(name)) {",
  ),
  at(
    "shared/upstream.ts",
    "unknown params are dropped",
    "if (!PROTOCOL_PARAMS.includes(baseName(name))) continue;",
    "",
  ),
  at(
    "shared/upstream.ts",
    "flags are true or false",
    'if (FLAGS.includes(name) && value !== "true" && value !== "false") {',
    "if (false) {",
  ),
  at(
    "shared/upstream.ts",
    "values are encoded",
    'pair.map(encodeURIComponent).join("=")',
    'pair.join("=")',
  ),
  at(
    "shared/upstream.ts",
    "queryable_columns go upstream",
    "queryable === undefined ? [] :",
    "true ? [] :",
  ),
  at(
    "shared/upstream.ts",
    "headers go upstream by a list",
    "for (const name of REQUEST_HEADERS) {",
    "for (const name of [...REQUEST_HEADERS, ...headers.keys()]) {",
  ),
  at("shared/body.ts", "a body has 1 MiB at most", "if (left < 0) throw", "if (false) throw"),
  at("shared/body.ts", "a body is UTF-8", "fatal: true", "fatal: false"),
  at("shared/body.ts", "a body is an object", "!Array.isArray(value) && JSON", "JSON"),
  at(
    "shared/body.ts",
    "a body holds subset keys only",
    "if (Object.hasOwn(SUBSET, name) && SUBSET[name]?.(value) === true) continue;",
    "if (!Object.hasOwn(SUBSET, name) || SUBSET[name]?.(value) === true) continue;",
  ),
  at(
    "shared/body.ts",
    "subset keys have the right types",
    "&& SUBSET[name]?.(value) === true) continue;",
    ") continue;",
  ),
  at("shared/body.ts", "prototypes have no say", "Object.hasOwn(SUBSET, name) && ", ""),
  // Tokens.
  at("shared/claims.ts", "only the keys' algorithms", "algorithms: keys.algorithms,", ""),
  at("shared/claims.ts", "exp is required", " || exp === undefined", " || false"),
  at(
    "shared/claims.ts",
    "over-long tokens are refused",
    "token.length > MAX_TOKEN ? [] : keys.finders",
    "keys.finders",
  ),
  at("shared/claims.ts", "no crit", " || protectedHeader.crit) break;", ") break;"),
  at("shared/claims.ts", "the issuer is checked", "...(issuer !== undefined && { issuer }),", ""),
  at(
    "shared/claims.ts",
    "the audience is checked",
    "...(audience !== undefined && { audience }),",
    "",
  ),
  at(
    "shared/claims.ts",
    "the clock tolerance is ours",
    "    clockTolerance,\n    ...(issuer",
    "    clockTolerance: 3600,\n    ...(issuer",
  ),
  at(
    "shared/claims.ts",
    "a claim that isn't a shape is a bad token",
    "const unread = error instanceof Refusal && error.status === 400;",
    "const unread = false;",
  ),
  at(
    "shared/verifier.ts",
    "one bearer token alone",
    "/^Bearer +([^\\s,]+)$/i",
    "/Bearer +([^\\s,]+)/i",
  ),
  at(
    "shared/verifier.ts",
    "looked-up tokens expire",
    "if (grant.expiresAt <= Math.floor(now() / 1000) - checks.clockTolerance) throw",
    "if (false) throw",
  ),
  at("shared/verifier.ts", "looked-up tokens go when keys change", "remembered.clear();", ";"),
  at(
    "shared/verifier.ts",
    "grants of keys that left meanwhile aren't kept",
    "if (started !== generation) return grant;",
    "",
  ),
  at(
    "shared/verifier.ts",
    "the memory of tokens is bounded",
    "if (oldest !== undefined) remembered.delete(oldest);",
    "void oldest;",
  ),
  // Keys.
  at("shared/keys.ts", "one kind of keys", "if (kinds.length > 1) throw", "if (false) throw"),
  at(
    "shared/keys.ts",
    "secrets have 32 bytes",
    "new TextEncoder().encode(secret).length < 32",
    "false",
  ),
  at("shared/keys.ts", "no public key for a secret", "/^(\\{|-----BEGIN)/.test(secret)", "false"),
  at("shared/keys.ts", "no private keys in a key set", "&& !key.d", ""),
  at(
    "shared/keys.ts",
    "only the curves of our algorithms",
    '["P-256", "Ed25519"].includes(key.crv ?? "")',
    "true",
  ),
  at(
    "shared/keys.ts",
    "key sets aren't fetched at an attacker's pace",
    "const text = early ? undefined :",
    "const text =",
  ),
  at("shared/keys.ts", "a removed key's tokens go", "return last.uat ?? 0;", "return 0;"),
  at(
    "shared/keys.ts",
    "a key set is fetched anew in time",
    "if (last.uat !== undefined && Date.now() - tried > MAX_AGE)",
    "if (false)",
  ),
  at(
    "edge/index.ts",
    "the edge can't sign",
    'if (optional(env, "AUTH_PRIVATE_JWK")) {',
    "if (false) {",
  ),
  // Answers.
  at(
    "shared/relay.ts",
    "browsers keep shapes by token",
    'headers.push(["vary", varyOnToken(given.get("vary") ?? "")]);',
    "",
  ),
  at(
    "shared/relay.ts",
    "redirects aren't passed on",
    '|| (status < 400 && given.has("location"))',
    "",
  ),
  at(
    "shared/relay.ts",
    "hop-by-hop headers end here",
    ".filter(([name]) => !dropped.includes(name))",
    "",
  ),
  at("shared/refusal.ts", "refusals aren't cached", '"cache-control": "no-store", ', ""),
  at(
    "shared/refusal.ts",
    "refusals can be read across origins",
    '"access-control-allow-origin": "*",',
    "",
  ),
  at(
    "shared/refusal.ts",
    "an unexpected error's message isn't logged",
    "unexpected ${name} ${",
    "unexpected ${name} ${stack} ${",
  ),
  at(
    "edge/handler.ts",
    "other paths are not found",
    'if (path !== "/health" && path !== `/${name}/health`) {',
    "if (false) {",
  ),
];
