/** As much of a Supabase client's `auth` as this needs. */
export interface SupabaseAuth {
  getSession(): Promise<{ data: { session: { access_token: string } | null } }>;
  onAuthStateChange?(
    listener: (event: string, session: { user: { id: string } } | null) => void,
  ): unknown;
}

type MaybeToken = string | null | undefined;

/**
 * The user's own credentials for the gatekeeper: an access token (or all of an `Authorization` header), a
 * function that gives the one of now (`undefined` or `null` for nobody), or a Supabase client.
 */
export type Authorization =
  | string
  | (() => MaybeToken | Promise<MaybeToken>)
  | SupabaseAuth
  | { readonly auth: SupabaseAuth };

/** Gives the `Authorization` header of now, or nothing where nobody has signed in. */
export async function readAuthorization(
  authorization: Authorization | undefined,
): Promise<string | undefined> {
  const session = await supabaseAuthOf(authorization)?.getSession();
  let token: MaybeToken = session?.data.session?.access_token;
  if (typeof authorization === "string") token = authorization;
  if (typeof authorization === "function") token = await authorization();
  if (!token) return undefined;
  return token.includes(" ") ? token : `Bearer ${token}`;
}

export function supabaseAuthOf(
  authorization: Authorization | typeof fetch | undefined,
): SupabaseAuth | undefined {
  if (typeof authorization !== "object") return undefined;
  return "auth" in authorization ? authorization.auth : authorization;
}
