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

/** Gives the `Authorization` header of now, empty where nobody has signed in. */
export async function readAuthorization(authorization: Authorization | undefined): Promise<string> {
  const owner = ownerOf(authorization);
  let token: MaybeToken;
  if (typeof owner === "object") token = (await owner.getSession()).data.session?.access_token;
  else token = typeof owner === "function" ? await owner() : owner;
  return !token || token.includes(" ") ? token ?? "" : `Bearer ${token}`;
}

/** Whose sessions they are: a Supabase client's `auth`, and all others as they were given. */
export function ownerOf<Given>(
  given: Given | { readonly auth: SupabaseAuth },
): Given | SupabaseAuth {
  return given instanceof Object && "auth" in given ? given.auth : given;
}
