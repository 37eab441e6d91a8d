import type { Right, RowChange, SignIn, State, TablePolicies } from "../protocol.ts";
import { Store } from "./store.ts";

/** When the page's last write was done, in milliseconds since the epoch. */
export const lastWrite = new Store(0);

/** Who has which right. */
export const rights = new Store<readonly Right[]>([]);

export const loadState = (): Promise<State> => load("/playground/state");

export const loadPolicies = (table: string): Promise<TablePolicies> =>
  load(`/playground/policies?table=${encodeURIComponent(table)}`);

export async function loadRights(): Promise<void> {
  rights.set(await load("/playground/rights"));
}

/** Gives an access token of a user, as a sign-in would. */
export async function signIn(who: SignIn): Promise<string> {
  return (await post("/playground/sign-in", who)).token ?? "";
}

/** Writes a row as an app's backend would, past all policies. */
export async function writeRow(change: RowChange): Promise<void> {
  lastWrite.set(Date.now());
  await post("/playground/rows", change);
}

/** Gives a token like this one that expired a minute ago. */
export async function expire(token: string): Promise<string> {
  return (await post("/playground/expire", { token })).token ?? "";
}

/** Revokes a user's tokens, and waits until the gatekeeper's own proxy refuses this one of them. */
export async function revoke(id: string, token: string): Promise<void> {
  await post("/playground/revoke", { id, token });
}

async function load(path: string) {
  return await read(await fetch(path));
}

async function post(path: string, body: unknown): Promise<{ token?: string }> {
  const headers = { "content-type": "application/json" };
  return await read(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function read(response: Response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.message);
  return body;
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
