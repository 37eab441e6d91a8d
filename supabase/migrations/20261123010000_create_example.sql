create table public.users (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  email text not null unique
);

create table public.organisations (
  id uuid primary key default gen_random_uuid(),
  name text not null
);

create table public.members (
  organisation_id uuid not null references public.organisations on delete cascade,
  user_id uuid not null references public.users on delete cascade,
  primary key (organisation_id, user_id)
);
create index on public.members (user_id);

create table public.documents (
  id uuid primary key default gen_random_uuid(),
  organisation_id uuid not null references public.organisations on delete cascade,
  title text not null,
  body text not null default '',
  internal_notes text not null default ''
);
create index on public.documents (organisation_id);

create table public.todos (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.users on delete cascade,
  title text not null,
  done boolean not null default false
);
create index on public.todos (owner_id);
