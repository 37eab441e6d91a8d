create table public.todos (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null,
  title text not null
);

insert into public.todos (owner_id, title) values
  ('00000000-0000-4000-8000-00000000a11c', 'Test the anvil'),
  ('00000000-0000-4000-8000-00000000a11c', 'Call Bob'),
  ('00000000-0000-4000-8000-000000000b0b', 'Write invitations');
