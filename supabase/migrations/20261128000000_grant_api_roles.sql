-- The roles that row-level security is written for are there on Supabase; a plain Postgres gets them
-- here. They read; which rows, the policies say.
do $$
declare
  api_role text;
begin
  foreach api_role in array array['anon', 'authenticated'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = api_role) then
      execute format('create role %I nologin noinherit', api_role);
    end if;
    execute format('grant usage on schema public to %I', api_role);
    execute format(
      'grant select on public.items, public.todos, public.members, public.organisations to %I', api_role
    );
    execute format('grant select (id, name) on public.users to %I', api_role);
    execute format(
      'grant select (id, organisation_id, title, body) on public.documents to %I', api_role
    );
  end loop;
end
$$;
