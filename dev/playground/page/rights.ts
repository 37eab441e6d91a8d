import { useEffect, useState } from "preact/hooks";
import type { Right, State } from "../protocol.ts";
import { loadRights, messageOf, rights, writeRow } from "./api.ts";
import { html } from "./html.ts";
import { useStore } from "./store.ts";

interface Props {
  readonly userId: string;
  readonly name: string;
  /** The clause that this user's token is for. */
  readonly where: string;
  readonly state: State;
  readonly onRenew: () => void;
}

/** A switch for each right of the example that a user may have: a row of `members`, given and taken away. */
export function Rights({ userId, name, where, onRenew }: Props) {
  const all = useStore(rights);
  const [note, setNote] = useState<"" | "renew" | "live">("");
  const [error, setError] = useState("");
  // What is said of one clause isn't said of another.
  useEffect(() => setNote(""), [userId, where]);
  if (all.length === 0) return null;

  const toggle = async ({ organisation, users }: Right) => {
    const row = { organisation_id: organisation, user_id: userId };
    const common = { schema: "public", name: "members" };
    setError("");
    try {
      await writeRow(
        users.includes(userId)
          ? { ...common, action: "delete", key: row, values: {} }
          : { ...common, action: "insert", key: {}, values: row },
      );
      await loadRights();
      // A subquery is Electric's to follow; a list is in the token as it was.
      setNote(/\bselect\b/i.test(where) ? "live" : /\bany\s*\(/i.test(where) ? "renew" : "");
    } catch (error) {
      setError(messageOf(error));
    }
  };

  return html`<fieldset class="rights">
    <legend>${name} belongs to</legend>
    ${
    all.map((right) =>
      html`<label key=${right.organisation} class="switch">
        <input type="checkbox" role="switch" checked=${
        right.users.includes(userId)
      } onChange=${() => toggle(right)} /> ${right.name}
      </label>`
    )
  }
    ${
    note === "live" &&
    html`<p class="note">The clause asks the database: rows come and go with the right.</p>`
  }
    ${
    note === "renew" &&
    html`<p class="note">This token's clause holds a list, so nothing changes until it is renewed.
      <button type="button" onClick=${() => {
      setNote("");
      onRenew();
    }}>Renew now</button></p>`
  }
    ${error !== "" && html`<p class="message" role="alert">${error}</p>`}
  </fieldset>`;
}
