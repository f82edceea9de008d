-- What was measured, three tokens read to one written, on every machine of that kind for rent.
create view ledger.hosted as
with measured as (
    select
        d.model, d.artifact, d.quantization, d.machine, d.machine_id, d.sha256, d.made_at, d.test as decode_test, p.test as prefill_test,
        4 / (3 / p.tps + 1 / d.tps) as tps, 4 / (3 / p.tps_lo + 1 / d.tps_lo) as tps_lo, 4 / (3 / p.tps_hi + 1 / d.tps_hi) as tps_hi
    from market.probe as d
    inner join market.probe as p
        on p.sha256 = d.sha256 and p.machine_id = d.machine_id and p.settings = d.settings and p.test = 'pp512' and d.test = 'tg128'
    where d.tps_lo > 0 and p.tps_lo > 0
),

-- A machine has the accelerators that its driver names: all of one kind.
equipped as (
    select m.machine_id, min(a.value ->> 'name') as named, count(*) as count
    from ledger.machine as m cross join lateral jsonb_array_elements(m.described -> 'accelerators') as a (value)
    group by m.machine_id
    having count(distinct a.value ->> 'name') = 1
)

select
    x.*, r.accelerator, r.count, r.provider, r.instance, r.region, r.spot, r.usd_hour, r.valid_from as rental_seen_at,
    r.evidence_url as rental_url, r.sha256 as rental_sha256, r.source as rental_source, r.rental_id
from measured as x
inner join equipped as e on e.machine_id = x.machine_id
inner join market.gpu_rental as r
    on r.named = e.named and r.count = e.count and r.valid_to is null and r.usd_hour > 0 and r.last_seen_at > now() - interval '30 days';

-- USD per million tokens of a machine that costs so much an hour and makes so many tokens a second for a share of the time.
create or replace function ledger.usd_mtok(usd_hour numeric, tps double precision, utilisation numeric) returns numeric
language sql immutable
return usd_hour * 1000000 / (tps::numeric * 3600 * utilisation);

-- A million tokens, three read to one written, of a model that we measured, on every machine of that kind for rent, at several utilisations.
create view market.self_host_cost as
with cheapest as (
    select distinct on (o.model) o.model, o.provider, o.plan, o.quantization, o.blend_3to1_usd, o.thing
    from market.offer_wide as o
    where o.model is not null and o.blend_3to1_usd > 0 and o.plan = 'standard'
    order by o.model, o.blend_3to1_usd, o.thing
)

select
    x.model, x.artifact, x.quantization, x.machine, x.accelerator, x.count, x.provider, x.instance, x.region, x.spot, x.usd_hour,
    x.tps, x.tps_lo, x.tps_hi,
    u.utilisation,
    ledger.usd_mtok(x.usd_hour, x.tps, u.utilisation) as usd_mtok,
    ledger.usd_mtok(x.usd_hour, x.tps_hi, u.utilisation) as usd_mtok_lo,
    ledger.usd_mtok(x.usd_hour, x.tps_lo, u.utilisation) as usd_mtok_hi,
    c.blend_3to1_usd as api_usd_mtok,
    c.provider as api_provider,
    c.quantization as api_quantization,
    x.usd_hour * 730.5 / c.blend_3to1_usd * 1000000 as break_even_tokens_month,
    x.usd_hour * 1000000 / (x.tps::numeric * 3600 * c.blend_3to1_usd) as break_even_utilisation,
    x.made_at as measured_at,
    x.rental_seen_at,
    x.rental_url,
    x.rental_sha256,
    x.rental_source,
    x.rental_id,
    x.machine_id,
    x.sha256,
    c.thing as api_thing
from ledger.hosted as x
cross join unnest(array[0.01, 0.1, 0.25, 0.5, 1.0]) as u (utilisation)
left join cheapest as c on c.model = x.model;

comment on view market.self_host_cost is 'USD per million tokens (three read, one written, one answer at a time) of measured models on rented machines, beside the cheapest API.';
comment on column market.self_host_cost.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.self_host_cost.artifact is 'Repository and file that were measured.';
comment on column market.self_host_cost.quantization is 'How most weights are stored, such as Q4_K.';
comment on column market.self_host_cost.machine is 'The machine that measured, by its accelerators.';
comment on column market.self_host_cost.accelerator is 'The rented machine''s accelerators, as the source spells them; bus and cooling may differ from those measured.';
comment on column market.self_host_cost.count is 'How many of them it has: as many as the machine that measured.';
comment on column market.self_host_cost.provider is 'Who rents it out.';
comment on column market.self_host_cost.instance is 'The provider''s own name of the machine.';
comment on column market.self_host_cost.region is 'Where it stands, as the provider names it.';
comment on column market.self_host_cost.spot is 'Whether it may be taken back at any time.';
comment on column market.self_host_cost.usd_hour is 'USD an hour for the whole machine.';
comment on column market.self_host_cost.tps is 'Tokens a second, three of a prompt (pp512) to one generated (tg128), one answer at a time; a server for many at once makes more.';
comment on column market.self_host_cost.tps_lo is 'Lower end of its 95% interval.';
comment on column market.self_host_cost.tps_hi is 'Upper end of its 95% interval.';
comment on column market.self_host_cost.utilisation is 'Share of the time that the machine works: 0.01, 0.1, 0.25, 0.5 or 1.';
comment on column market.self_host_cost.usd_mtok is 'USD per million tokens.';
comment on column market.self_host_cost.usd_mtok_lo is 'Lower end, at the upper end of the rate.';
comment on column market.self_host_cost.usd_mtok_hi is 'Upper end, at the lower end of the rate.';
comment on column market.self_host_cost.api_usd_mtok is 'USD per million tokens at the cheapest paid standard offer of the same model, three to one; NULL where none is known.';
comment on column market.self_host_cost.api_provider is 'Who sells that.';
comment on column market.self_host_cost.api_quantization is 'Quantization it serves, as stated; NULL where unknown.';
comment on column market.self_host_cost.break_even_tokens_month is 'Tokens a month that cost as much there as the machine, rented all month.';
comment on column market.self_host_cost.break_even_utilisation is 'Share of the time that so many tokens keep the machine busy; above 1 it cannot make them.';
comment on column market.self_host_cost.measured_at is 'When the rate was measured.';
comment on column market.self_host_cost.rental_seen_at is 'When the rental price was first seen.';
comment on column market.self_host_cost.rental_url is 'Address of the page with the rental price.';
comment on column market.self_host_cost.rental_sha256 is 'Hash of that page''s bytes, kept in the ledger.';
comment on column market.self_host_cost.rental_source is 'The source that says the rental price.';
comment on column market.self_host_cost.rental_id is 'Number of the rented machine in market.gpu_rental.';
comment on column market.self_host_cost.machine_id is 'Fingerprint of the machine that measured.';
comment on column market.self_host_cost.sha256 is 'SHA-256 of the model file that was measured.';
comment on column market.self_host_cost.api_thing is 'What is on sale there, as in market.price.';
