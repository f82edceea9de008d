-- Machines with accelerators for rent: what each costs now, and every change.
create view market.gpu_rental as
select
    g.provider,
    g.instance,
    g.region,
    g.accelerator,
    g.count,
    g.memory_gb,
    g.spot,
    p.usd_hour,
    p.usd_hour / g.count as usd_accelerator_hour,
    p.seen_at as valid_from,
    lead(p.seen_at) over (partition by g.id order by p.seen_at) as valid_to,
    g.last_seen_at,
    src.name as source,
    sc.url as evidence_url,
    encode(si.sha256, 'hex') as sha256,
    g.named,
    g.id as rental_id
from ledger.gpu_rental as g
inner join ledger.gpu_rental_price as p on p.rental_id = g.id
inner join ledger.source as src on src.id = g.source_id
inner join ledger.scope as sc on sc.id = p.scope_id
left join ledger.sighting as si on si.scope_id = p.scope_id and si.seen_at = p.seen_at;

comment on view market.gpu_rental is 'What machines with accelerators cost to rent, change by change; the newest has no valid_to. No model is priced here.';
comment on column market.gpu_rental.provider is 'Who rents it out, as the source spells it.';
comment on column market.gpu_rental.instance is 'The provider''s own name of the machine.';
comment on column market.gpu_rental.region is 'Where it stands, as the provider names it.';
comment on column market.gpu_rental.accelerator is 'Its accelerators, as the source spells them.';
comment on column market.gpu_rental.count is 'How many of them it has.';
comment on column market.gpu_rental.memory_gb is 'Memory of one of them, gigabytes.';
comment on column market.gpu_rental.spot is 'Whether it may be taken back at any time.';
comment on column market.gpu_rental.usd_hour is 'USD an hour for the whole machine; NULL while it is not listed.';
comment on column market.gpu_rental.usd_accelerator_hour is 'USD an hour for one of its accelerators; NULL while it is not listed.';
comment on column market.gpu_rental.valid_from is 'When this price was first seen.';
comment on column market.gpu_rental.valid_to is 'When the next one was; NULL for the newest.';
comment on column market.gpu_rental.last_seen_at is 'Newest look that lists the machine.';
comment on column market.gpu_rental.source is 'The source that says so.';
comment on column market.gpu_rental.evidence_url is 'Address of the page that said so.';
comment on column market.gpu_rental.sha256 is 'Hash of the page''s bytes, kept in the ledger.';
comment on column market.gpu_rental.named is 'The accelerator as its driver names it; NULL where the table of accelerators has none of this name and memory.';
comment on column market.gpu_rental.rental_id is 'Number of the machine, for joins.';
