"""What machines cost to rent, into the ledger: a price is written where it differs from the last one of the same machine.

The list lies at a new address every time, so that not the address but the provider is what a look covers: a machine that a
complete look at its provider lacks is no longer listed.
"""

STAGE = """
create temp table said_rental (
    scope_id int, provider text, instance text, region text, accelerator text, count int, memory_gb numeric, spot boolean,
    named text, usd_hour numeric
) on commit drop;
"""

WRITE = """
create temp table stage_rental on commit drop as
select distinct on (r.provider, r.instance, r.region, r.accelerator, r.count, r.memory_gb, r.spot) r.*, s.seen_at, s.complete
from said_rental as r inner join sight as s on s.scope_id = r.scope_id
order by r.provider, r.instance, r.region, r.accelerator, r.count, r.memory_gb, r.spot, s.seen_at desc, r.usd_hour;
insert into ledger.gpu_rental (source_id, provider, instance, region, accelerator, count, memory_gb, spot, named, last_seen_at)
select %(source)s, r.provider, r.instance, r.region, r.accelerator, r.count, r.memory_gb, r.spot, r.named, r.seen_at from stage_rental as r
on conflict on constraint gpu_rental_once do update
set named = excluded.named, last_seen_at = greatest(gpu_rental.last_seen_at, excluded.last_seen_at);
insert into ledger.gpu_rental_price (rental_id, seen_at, scope_id, usd_hour)
select g.id, r.seen_at, r.scope_id, r.usd_hour
from stage_rental as r
inner join ledger.gpu_rental as g
    on g.source_id = %(source)s and (g.provider, g.instance, g.region, g.accelerator, g.count, g.spot)
    = (r.provider, r.instance, r.region, r.accelerator, r.count, r.spot) and g.memory_gb is not distinct from r.memory_gb
left join lateral (
    select p.usd_hour from ledger.gpu_rental_price as p where p.rental_id = g.id and p.seen_at <= r.seen_at order by p.seen_at desc limit 1
) as last on true
where last.usd_hour is distinct from r.usd_hour
on conflict do nothing;
insert into ledger.gpu_rental_price (rental_id, seen_at, scope_id, usd_hour)
select g.id, looked.seen_at, looked.scope_id, null
from (
    select distinct on (r.provider) r.provider, r.seen_at, r.scope_id
    from stage_rental as r where r.complete order by r.provider, r.seen_at desc
) as looked
inner join ledger.gpu_rental as g on g.source_id = %(source)s and g.provider = looked.provider and g.last_seen_at < looked.seen_at
cross join lateral (
    select p.usd_hour from ledger.gpu_rental_price as p where p.rental_id = g.id order by p.seen_at desc limit 1
) as last
where last.usd_hour is not null
on conflict do nothing
"""
