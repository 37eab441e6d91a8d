import { useEffect, useMemo, useState } from "preact/hooks";
import { decode, duration } from "./claims.ts";
import { html } from "./html.ts";

/** A token, decoded and counting down. */
export function Token({ token, onRenew }: { token: string; onRenew: () => void }) {
  const { header, claims } = useMemo(() => decode(token), [token]);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = (claims.exp ?? 0) - now / 1000;
  return html`
    <details class="token">
      <summary>Token <span class=${left > 60 ? "left" : "left soon"}>expires in ${duration(
        left,
      )}</span></summary>
      <pre tabindex="0" aria-label="The token's header">${JSON.stringify(header)}</pre>
      <pre tabindex="0" aria-label="The token's claims">${JSON.stringify(claims, null, 2)}</pre>
      <button type="button" class="quiet" onClick=${onRenew}>Ask for another</button>
      <small>For half its life a token is given again to who asks for the same, so it may be this one.</small>
    </details>
  `;
}
