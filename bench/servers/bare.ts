// What any proxy on Deno costs at least: no token, no rules, no headers passed on.
const upstream = Deno.env.get("ELECTRIC_URL") ?? "";

export default {
  fetch: ({ url }: Request) => fetch(upstream + url.slice(url.indexOf("/", 8))),
};
