-- Alice and Bob work at Acme; Bob is also at Beta, where Carol is alone otherwise.
insert into public.users (id, name, email) values
  ('00000000-0000-4000-8000-00000000a11c', 'alice', 'alice@example.com'),
  ('00000000-0000-4000-8000-000000000b0b', 'bob', 'bob@example.com'),
  ('00000000-0000-4000-8000-00000000ca01', 'carol', 'carol@example.com')
on conflict do nothing;

insert into public.organisations (id, name) values
  ('00000000-0000-4000-8000-0000000000ac', 'Acme'),
  ('00000000-0000-4000-8000-0000000000be', 'Beta')
on conflict do nothing;

insert into public.members (organisation_id, user_id) values
  ('00000000-0000-4000-8000-0000000000ac', '00000000-0000-4000-8000-00000000a11c'),
  ('00000000-0000-4000-8000-0000000000ac', '00000000-0000-4000-8000-000000000b0b'),
  ('00000000-0000-4000-8000-0000000000be', '00000000-0000-4000-8000-000000000b0b'),
  ('00000000-0000-4000-8000-0000000000be', '00000000-0000-4000-8000-00000000ca01')
on conflict do nothing;

insert into public.documents (id, organisation_id, title, body, internal_notes) values
  ('00000000-0000-4000-8000-000000000d01', '00000000-0000-4000-8000-0000000000ac',
    'Anvil manual', 'Keep clear of the drop zone.', 'Legal must see this first.'),
  ('00000000-0000-4000-8000-000000000d02', '00000000-0000-4000-8000-0000000000be',
    'Beta programme', 'Invitations go out on Monday.', 'Budget is not approved yet.')
on conflict do nothing;

insert into public.todos (id, owner_id, title) values
  ('00000000-0000-4000-8000-000000000701', '00000000-0000-4000-8000-00000000a11c', 'Test the anvil'),
  ('00000000-0000-4000-8000-000000000702', '00000000-0000-4000-8000-00000000a11c', 'Call Bob'),
  ('00000000-0000-4000-8000-000000000703', '00000000-0000-4000-8000-000000000b0b', 'Write invitations')
on conflict do nothing;
