create table public.lists (
  id uuid primary key,
  owner_id uuid not null,
  name text not null
);

create table public.todos (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null,
  list_id uuid not null references public.lists on delete cascade,
  title text not null
);
create index on public.todos (owner_id);
create index on public.todos (list_id);

insert into public.lists (id, owner_id, name) values
  ('00000000-0000-4000-8000-000000000101', '00000000-0000-4000-8000-00000000a11c', 'Home'),
  ('00000000-0000-4000-8000-000000000102', '00000000-0000-4000-8000-00000000a11c', 'Work'),
  ('00000000-0000-4000-8000-000000000103', '00000000-0000-4000-8000-000000000b0b', 'Party');

insert into public.todos (owner_id, list_id, title)
select owner_id, lists.id, title from public.lists join (values
  ('Home', 'Water the plants'),
  ('Work', 'Test the anvil'),
  ('Party', 'Write invitations')
) as new (list, title) on list = name;
