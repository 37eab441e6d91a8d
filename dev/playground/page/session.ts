import type { Person, SignIn } from "../protocol.ts";
import { signIn } from "./api.ts";

/** Somebody who asks. */
export interface Session {
  readonly id?: string;
  readonly name: string;
  /** `null` for nobody in particular. */
  readonly accessToken: string | null;
}

/** Nobody in particular. */
export const NOBODY: Session = { name: "nobody", accessToken: null };

/** Signs in a user of the example. */
export async function sessionOf({ id, name, email }: Person): Promise<Session> {
  const accessToken = await signIn({ id, ...(email !== undefined && { email }) });
  return { id, name, accessToken };
}

/** Signs in anybody, with any claims. */
export async function sessionWith(who: SignIn): Promise<Session> {
  return { id: who.id, name: who.id.slice(0, 8), accessToken: await signIn(who) };
}
