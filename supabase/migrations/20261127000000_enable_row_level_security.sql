-- Supabase's API lets anyone read and write a table without row-level security. These policies say
-- what policies.ts says; nobody may write by the API.
--
-- The user is the one that PostgREST names in request.jwt.claims, as auth.uid() reads it; nobody in
-- particular has no id, which equals none. Written so that it applies to a plain Postgres as well.
create function public.requesting_user() returns uuid
language sql stable set search_path = ''
as $$
  select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid
$$;

alter table public.items enable row level security;
alter table public.users enable row level security;
alter table public.organisations enable row level security;
alter table public.members enable row level security;
alter table public.documents enable row level security;
alter table public.todos enable row level security;

create policy "anyone, any rows" on public.items for select using (true);

create policy "own rows" on public.todos for select
  using (owner_id = (select public.requesting_user()));

create policy "everyone who has signed in may see who there is" on public.users for select
  using ((select public.requesting_user()) is not null);

-- The two below read it as the user.
create policy "own memberships" on public.members for select
  using (user_id = (select public.requesting_user()));

create policy "those that the user belongs to" on public.organisations for select
  using (id in (
    select organisation_id from public.members where user_id = (select public.requesting_user())
  ));

create policy "those of the user's organisations" on public.documents for select
  using (organisation_id in (
    select organisation_id from public.members where user_id = (select public.requesting_user())
  ));

-- Policies choose rows; grants choose columns. The roles are Supabase's.
do $$
declare
  api_role text;
begin
  for api_role in
    select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')
  loop
    execute format('revoke select on public.users, public.documents from %I', api_role);
    execute format('grant select (id, name) on public.users to %I', api_role);
    execute format(
      'grant select (id, organisation_id, title, body) on public.documents to %I', api_role
    );
  end loop;
end
$$;
