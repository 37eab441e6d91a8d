create table public.items (
  id uuid primary key default gen_random_uuid(),
  value text,
  inserted_at timestamp not null default now(),
  updated_at timestamp not null default now()
);
