create table public.lists (
  id uuid primary key,
  owner_id uuid not null,
  name text not null
);

create table public.todos (
  id uuid primary key default gen_random_uuid(),
  list_id uuid not null references public.lists on delete cascade,
  title text not null
);
create index on public.todos (list_id);

insert into public.lists (id, owner_id, name) values
  ('00000000-0000-4000-8000-000000000101', '00000000-0000-4000-8000-00000000a11c', 'Home'),
  ('00000000-0000-4000-8000-000000000102', '00000000-0000-4000-8000-00000000a11c', 'Work'),
  ('00000000-0000-4000-8000-000000000103', '00000000-0000-4000-8000-000000000b0b', 'Party');

insert into public.todos (list_id, title) values
  ('00000000-0000-4000-8000-000000000101', 'Water the plants'),
  ('00000000-0000-4000-8000-000000000102', 'Test the anvil'),
  ('00000000-0000-4000-8000-000000000103', 'Write invitations');
