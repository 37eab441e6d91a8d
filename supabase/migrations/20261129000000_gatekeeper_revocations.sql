-- Which of the gatekeeper's tokens are good no more. To revoke, call gatekeeper.revoke, also in triggers;
-- docs/revocation.md of electric-gatekeeper has more. The gatekeeper reads the table while it is in use.
create schema gatekeeper;

create table gatekeeper.revocations (
  id bigint generated always as identity primary key,
  -- Whose tokens, or of which table, as Postgres stores the names; of all where neither is said.
  subject text,
  table_schema text,
  table_name text,
  -- Tokens that were issued until then are revoked.
  before timestamptz not null,
  -- Whether a gatekeeper has seen it; until then it grows.
  seen boolean not null default false,
  check (subject is null or table_name is null),
  check ((table_schema is null) = (table_name is null))
);
create index on gatekeeper.revocations (before);
create index on gatekeeper.revocations (id) where not seen;

-- pg_temp is last, for where it isn't named it is first, with a caller's own types.
create function gatekeeper.revoke(
  subject text default null,
  everyone boolean default false,
  table_name text default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  parts text[];
begin
  if num_nonnulls(subject, table_name) + coalesce(everyone, false)::int <> 1 or subject = '' then
    raise exception 'gatekeeper.revoke takes one of subject => ''…'', table_name => ''…'' and everyone => true';
  end if;
  if table_name is not null then
    parts := parse_ident(table_name);
    if cardinality(parts) = 1 then
      parts := array['public'] || parts;
    end if;
    -- As Postgres stores the names: it cuts long ones.
    select array[nspname, relname] into parts
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where cardinality(parts) = 2 and pg_class.oid = to_regclass(format('%I.%I', parts[1], parts[2]));
    if not found then
      raise exception 'there is no table %', table_name;
    end if;
  end if;
  insert into gatekeeper.revocations (subject, table_schema, table_name, before)
  values (revoke.subject, parts[1], parts[2], clock_timestamp());
  -- No token lives longer than a day. In a stricter isolation, this could fail for another's sake.
  if current_setting('transaction_isolation') = 'read committed' then
    delete from gatekeeper.revocations where id in (
      select id from gatekeeper.revocations where seen and before < now() - interval '2 days'
      for update skip locked
    );
  end if;
end
$$;

-- Until a commit is to be seen, tokens are given out by what was before it, and it may be slow. So what
-- counts is when a gatekeeper first sees it, which calls this then; as tokens have whole seconds, the next.
create function gatekeeper.date_revocations() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s'
as $$
begin
  if pg_is_in_recovery() then
    return;
  end if;
  update gatekeeper.revocations
  set before = greatest(before, date_trunc('second', clock_timestamp()) + interval '1 second'), seen = true
  where not seen;
end
$$;

-- The owner alone, and Supabase's service role where there is one.
revoke all on all functions in schema gatekeeper from public;
do $$
declare
  api_role text;
begin
  for api_role in
    select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on schema gatekeeper from %I', api_role);
    execute format('revoke all on gatekeeper.revocations from %I', api_role);
    execute format('revoke all on all functions in schema gatekeeper from %I', api_role);
    if api_role = 'service_role' then
      execute format('grant usage on schema gatekeeper to %I', api_role);
      execute format('grant select on gatekeeper.revocations to %I', api_role);
      execute format('grant execute on function gatekeeper.revoke to %I', api_role);
    end if;
  end loop;
end
$$;
