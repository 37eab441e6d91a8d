import { deepEqual, equal, ok } from "node:assert/strict";
import { gatekeeperShape } from "../../client/index.ts";
import { startGatekeeper } from "../support/servers.ts";
import { FOLLOWERS, type Watched } from "../client/followers.ts";
import { LIVE, signIn, startUsersStack, USERS } from "./stack.ts";
import { TEST_ALL } from "../support/test_all.ts";

const ACME = "00000000-0000-4000-8000-0000000000ac";
const BETA = "00000000-0000-4000-8000-0000000000be";
const [ANVIL, PROGRAMME, REPORT] = [
  "00000000-0000-4000-8000-000000000d01",
  "00000000-0000-4000-8000-000000000d02",
  "00000000-0000-4000-8000-000000000e01",
];

/** Reports are for those who run an organisation, by row-level security alone. */
const REPORTS = `
  alter table public.members add column role text not null default 'member';
  create table public.reports (id uuid primary key, organisation_id uuid not null
    references public.organisations on delete cascade);
  alter table public.reports enable row level security;
  grant select on public.reports to authenticated;
  create policy "those who run the organisation" on public.reports for select
    using (exists (select 1 from public.members m
      where m.organisation_id = reports.organisation_id
        and m.user_id = public.requesting_user() and m.role = 'admin'));
  insert into public.reports values ('${REPORT}', '${ACME}');`;

/** What happens, and which rows Bob then sees of each table. */
const STORY: readonly [what: string, sql: string, Readonly<Record<string, readonly string[]>>][] = [
  [
    "he is removed",
    `delete from members where user_id = '${USERS.bob}' and organisation_id = '${ACME}'`,
    {
      documents: [PROGRAMME],
      organisations: [BETA],
      reports: [],
    },
  ],
  ["he joins again", `insert into members values ('${ACME}', '${USERS.bob}')`, {
    documents: [ANVIL, PROGRAMME],
    organisations: [ACME, BETA],
    reports: [],
  }],
  ["he gets a role", `update members set role = 'admin' where user_id = '${USERS.bob}'`, {
    documents: [ANVIL, PROGRAMME],
    organisations: [ACME, BETA],
    reports: [REPORT],
  }],
  ["he loses it", `update members set role = 'member' where user_id = '${USERS.bob}'`, {
    documents: [ANVIL, PROGRAMME],
    organisations: [ACME, BETA],
    reports: [],
  }],
  [
    "he is at one of them",
    `delete from members where user_id = '${USERS.bob}' and organisation_id = '${BETA}'`,
    {
      documents: [ANVIL],
      organisations: [ACME],
      reports: [],
    },
  ],
  [
    "a document moves away",
    `update documents set organisation_id = '${BETA}' where id = '${ANVIL}'`,
    {
      documents: [],
      organisations: [ACME],
      reports: [],
    },
  ],
  [
    "another moves here",
    `update documents set organisation_id = '${ACME}' where id = '${PROGRAMME}'`,
    {
      documents: [PROGRAMME],
      organisations: [ACME],
      reports: [],
    },
  ],
  ["the organisation goes, with all it has", `delete from organisations where id = '${ACME}'`, {
    documents: [],
    organisations: [],
    reports: [],
  }],
];

/** Longest time from the commit until an app sees it, in milliseconds. */
const WITHIN = 1000;

// The official client leaves a timer or two behind when it is told to stop.
const lenient = { sanitizeOps: false, sanitizeResources: false };

/** One of each kind, of which the others are variants. */
const SOME = ["Shape", "useShape", "a TanStack DB collection"];

for (const [follower, start] of Object.entries(FOLLOWERS)) {
  if (!TEST_ALL && !SOME.includes(follower)) continue;
  Deno.test(
    `${follower}: rows leave and come with the rights, with the same token`,
    lenient,
    async (t) => {
      await using stack = await startUsersStack({}, { file: LIVE });
      await using proxy = await startGatekeeper(stack.gatekeeperEnv, LIVE);
      await stack.sql.unsafe(REPORTS);
      const bob = await signIn("bob");
      const asked: string[] = [];
      const fetchClient: typeof fetch = (input, init) => {
        if (new URL(String(input)).pathname.startsWith("/gatekeeper")) asked.push(String(input));
        return fetch(input, init);
      };
      const watched = new Map<string, Watched>();
      for (const [way, { url }] of Object.entries({ edge: stack.gatekeeper, proxy })) {
        for (const table of ["documents", "organisations", "reports"]) {
          const shape = gatekeeperShape({
            gatekeeper: url,
            table,
            authorization: bob,
            fetchClient,
          });
          watched.set(`${way} ${table}`, start(shape));
        }
      }
      const until = async (rows: (typeof STORY)[number][2], within: number) => {
        const begun = performance.now();
        const wanted = [...watched.keys()].map((name) => rows[name.split(" ")[1] ?? ""]);
        const seen = () => [...watched.values()].map((one) => one.ids());
        while (JSON.stringify(seen()) !== JSON.stringify(wanted)) {
          if (performance.now() - begun > within) deepEqual(seen(), wanted);
          await new Promise((done) => setTimeout(done, 5));
        }
        return performance.now() - begun;
      };
      try {
        await until(
          { documents: [ANVIL, PROGRAMME], organisations: [ACME, BETA], reports: [] },
          20_000,
        );
        const grants = asked.length;
        ok(grants <= watched.size, `${grants}`);
        for (const [what, sql, rows] of STORY) {
          await t.step(what, async () => {
            await stack.sql.unsafe(sql);
            const took = await until(rows, WITHIN);
            console.log(`${what}: seen everywhere after ${took.toFixed()} ms`);
          });
        }
        equal(asked.length, grants, "and none since");
        ok([...watched.values()].every((one) => one.isReady()));
      } finally {
        for (const one of watched.values()) await one.stop();
      }
    },
  );
}
