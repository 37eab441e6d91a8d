create table public.notes (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid, -- nobody's own is everybody's
  text text not null
);

alter table public.notes enable row level security;

create policy "own notes, and those for everybody" on public.notes for select to authenticated
  using (owner_id = (select auth.uid()) or owner_id is null);

insert into public.notes (text) values ('Welcome. This note is for all who have signed in.');
