create table public.items (
  id uuid primary key default gen_random_uuid(),
  value text not null
);

insert into public.items (value) values ('Bread'), ('Butter');
