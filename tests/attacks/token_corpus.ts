import { CompactEncrypt, exportJWK, type JWK, SignJWT } from "jose";
import { AUTH_SECRET } from "../support/servers.ts";
import { BAD_CLAIMS } from "./nasty.ts";
import { base64url, forge, inSeconds } from "./tokens.ts";

/** Public keys that the servers verify with, and one pair that they don't know. */
export interface AsymmetricKeys {
  readonly es256: CryptoKeyPair;
  readonly eddsa: CryptoKeyPair;
  readonly stranger: CryptoKeyPair;
  readonly jwks: { readonly keys: readonly JWK[] };
}

/** What Caddy insists on; without, it would refuse all of these for that alone. */
const ISSUER = { iss: "gatekeeper" };

/** Makes fresh keys. */
export async function asymmetricKeys(): Promise<AsymmetricKeys> {
  const ec = { name: "ECDSA", namedCurve: "P-256" };
  const make = () => crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
  const [es256, stranger] = [await make(), await make()];
  const ed = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in ed)) throw new TypeError("Ed25519 gives a pair");
  const keys = [
    { ...await exportJWK(es256.publicKey), kid: "es", alg: "ES256", use: "sig" },
    { ...await exportJWK(ed.publicKey), kid: "ed", alg: "EdDSA", use: "sig" },
  ];
  return { es256, eddsa: ed, stranger, jwks: { keys } };
}

/** A good token of an asymmetric key. */
export function signWith(key: CryptoKey, claim: unknown, header: { alg: string; kid?: string }) {
  return new SignJWT({ ...ISSUER, shape: claim, iat: inSeconds(0), exp: inSeconds(3600) })
    .setProtectedHeader(header)
    .sign(key);
}

/** Tokens that every server must refuse, by name; `good` is one that the server takes. */
export async function badTokens(
  good: string,
  claim: unknown,
  keys: AsymmetricKeys,
): Promise<[name: string, token: string][]> {
  const payload = JSON.stringify({
    ...ISSUER,
    shape: claim,
    iat: inSeconds(0),
    exp: inSeconds(3600),
  });
  const [h = "", p = "", s = ""] = good.split(".");
  const mine = (header: string, body = payload) => forge(header, body);
  const [es, ed] = keys.jwks.keys;
  const own = await exportJWK(keys.stranger.publicKey);
  const stranger = (header: Record<string, unknown>) =>
    new SignJWT({ ...ISSUER, shape: claim, iat: inSeconds(0), exp: inSeconds(3600) })
      .setProtectedHeader({ alg: "ES256", ...header }).sign(keys.stranger.privateKey);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.es256.publicKey));
  const pem = `-----BEGIN PUBLIC KEY-----\n${
    btoa(String.fromCharCode(...spki))
  }\n-----END PUBLIC KEY-----`;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", keys.eddsa.publicKey));
  const unsigned = (header: string, signature = "") =>
    `${base64url(header)}.${base64url(payload)}.${signature}`;
  const secret32 = new TextEncoder().encode(AUTH_SECRET).slice(0, 32);
  const jwe = (alg: string) =>
    new CompactEncrypt(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg, enc: "A256GCM" }).encrypt(secret32);

  const wrong: [string, string][] = [];
  for (const alg of ["none", "None", "NONE", "nOnE", "", " none", "none\u0000", "HS256\u0000"]) {
    const header = JSON.stringify({ alg });
    wrong.push([`alg ${alg}, unsigned`, unsigned(header)]);
    wrong.push([`alg ${alg}, signed`, await mine(header)]);
    wrong.push([`alg ${alg}, with the good signature`, unsigned(header, s)]);
  }
  for (
    const alg of ["HS384", "HS512", "RS256", "PS256", "ES256K", "ES384", "Ed448", "A128KW", "dir"]
  ) {
    wrong.push([`alg ${alg}`, await mine(JSON.stringify({ alg }))]);
  }
  for (const [hash, alg] of [["SHA-384", "HS384"], ["SHA-512", "HS512"]] as const) {
    wrong.push([
      `a right ${alg}`,
      await forge(JSON.stringify({ alg }), payload, AUTH_SECRET, hash),
    ]);
  }
  for (const kid of ["es", "ed", undefined]) {
    for (
      const [name, secret] of [["PEM", pem], ["DER", spki], ["x", es?.x ?? ""], ["raw", raw], [
        "JWK",
        JSON.stringify(ed),
      ], ["the set", JSON.stringify(keys.jwks)]] as const
    ) {
      const token = await forge(JSON.stringify({ alg: "HS256", kid }), payload, secret);
      wrong.push([`HMAC with the public key (${name}, ${kid})`, token]);
    }
  }
  for (
    const header of [
      { jwk: own },
      { jku: "http://127.0.0.1:1/jwks.json", kid: "es" },
      { x5u: "http://127.0.0.1:1/cert", kid: "es" },
      { x5c: [btoa(String.fromCharCode(...spki))] },
      { kid: "es" },
      { kid: "../../../../dev/null" },
      { kid: "' or 1=1 --" },
      { kid: "http://127.0.0.1:1/" },
    ]
  ) wrong.push([`a stranger's key, ${Object.keys(header)} ${header.kid}`, await stranger(header)]);
  for (const kid of ["es", "ed"]) {
    for (const alg of ["ES256", "EdDSA"]) {
      for (const size of [0, 32, 64, 128]) {
        const zeros = base64url(new Uint8Array(size));
        wrong.push([
          `psychic ${alg} ${kid} ${size}`,
          unsigned(JSON.stringify({ alg, kid }), zeros),
        ]);
      }
    }
  }
  const ones = base64url(Uint8Array.from({ length: 64 }, (_, i) => i % 32 === 31 ? 1 : 0));
  wrong.push(["ES256 with r = s = 1", unsigned('{"alg":"ES256","kid":"es"}', ones)]);
  for (
    const header of [
      '{"alg":"HS256","crit":["b64"],"b64":true}',
      '{"alg":"HS256","crit":["b64"],"b64":false}',
      '{"alg":"HS256","crit":["exp"],"exp":1}',
      '{"alg":"HS256","crit":[]}',
      '{"alg":"HS256","crit":"b64"}',
      '{"alg":["HS256"]}',
      '{"alg":{"toString":"HS256"}}',
      '{"alg":null}',
      '{"alg":"HS256","alg":"none"}',
      '{"alg":"hs256"}',
      "{}",
      "[]",
      "null",
      "",
      '"HS256"',
      '{"__proto__":{"alg":"HS256"}}',
      "\0",
    ]
  ) wrong.push([`the header ${header}`, await mine(header)]);
  for (
    const body of [
      `{"iss":"gatekeeper","shape":${JSON.stringify(claim)}}`,
      ...["1", '"9999999999"', "null", "true", "[9999999999]", "{}", "-1", "1e-5"].map((exp) =>
        `{"iss":"gatekeeper","shape":${JSON.stringify(claim)},"exp":${exp}}`
      ),
      `{"iss":"gatekeeper","shape":${JSON.stringify(claim)},"exp":9999999999,"exp":1}`,
      `{"iss":"gatekeeper","shape":${JSON.stringify(claim)},"exp":9999999999,"nbf":${
        inSeconds(600)
      }}`,
      `{"iss":"gatekeeper","shape":${JSON.stringify(claim)},"exp":9999999999,"nbf":"0"}`,
      `{"__proto__":${payload}}`,
      `[${payload}]`,
      JSON.stringify(payload),
      "null",
      "",
      "\u0000",
      `${payload}x`,
      '{"iss":"gatekeeper","exp":9999999999}',
      `{"iss":"gatekeeper","exp":9999999999,"shape":${
        JSON.stringify(claim)
      },"shape":{"table":["secrets"]}}`,
    ]
  ) wrong.push([`the payload ${body.slice(-40)}`, await mine('{"alg":"HS256"}', body)]);
  for (const shape of BAD_CLAIMS) {
    const body = JSON.stringify({ ...ISSUER, shape, exp: inSeconds(3600) });
    wrong.push([`the claim ${JSON.stringify(shape)}`, await mine('{"alg":"HS256"}', body)]);
  }
  const pad = { ...ISSUER, shape: claim, exp: inSeconds(3600), pad: "x".repeat(6200) };
  wrong.push(["good but over-long", await mine('{"alg":"HS256"}', JSON.stringify(pad))]);
  wrong.push(["a wrong secret", await forge('{"alg":"HS256"}', payload, `${AUTH_SECRET} `)]);
  for (const alg of ["dir", "A256KW", "A256GCMKW"]) wrong.push([`JWE ${alg}`, await jwe(alg)]);
  wrong.push(["a nested JWT", await mine('{"alg":"HS256","cty":"JWT"}', JSON.stringify(good))]);
  wrong.push([
    "JWS JSON",
    JSON.stringify({ protected: h, payload: p, signature: s }).replace(/\s/g, ""),
  ]);
  for (
    const [name, token] of Object.entries({
      "no signature": `${h}.${p}.`,
      "two parts": `${h}.${p}`,
      "four parts": `${good}.${s}`,
      "five parts": `${h}.${p}.${s}..`,
      "no payload": `${h}..${s}`,
      "no header": `.${p}.${s}`,
      "a cut signature": good.slice(0, -8),
      "a longer signature": `${good}AAAA`,
      "a quoted token": `"${good}"`,
      "a token in brackets": `<${good}>`,
      "standard padding": `${h}==.${p}.${s}`,
      "a blank in it": `${h}.${p}%20.${s}`,
      "a null": `${good}%00`,
      "upper case": good.toUpperCase(),
      "homoglyph dots": `${h}\u2024${p}\u2024${s}`,
      "another payload": `${h}.${base64url('{"shape":{"table":"secrets"},"exp":9999999999}')}.${s}`,
      "over-long": `${good}.${"A".repeat(8192)}`,
      "over-long padding": `${good}${"=".repeat(8192)}`,
      undefined: "undefined",
      null: "null",
      dots: "..",
      dot: ".",
      star: "*",
      nothing: "",
      words: "Bearer",
    })
  ) wrong.push([name, token]);
  return wrong;
}
