-- What could answer a request: each offer that chats and each file that we measured on a machine, by mix of requests and by test.
create view market.route as
with regional as (
    select
        t.thing,
        substring(t.condition from '^region ([a-z0-9-]+)$') as region,
        (3 * max(t.price_usd) filter (where t.meter = 'input_mtok') + max(t.price_usd) filter (where t.meter = 'output_mtok')) / 4 as usd
    from market.tariff as t
    where t.condition ~ '^region [a-z0-9-]+$'
    group by 1, 2
),

scored as materialized (select model, benchmark, value from market.rated),

known as materialized (select model, license_id, license_class, context_tokens, open_weights from ledger.known),

-- Of a file several machines and settings may have been measured; here the newest of each machine.
local as (
    select distinct on (sha256, machine_id) model, artifact, quantization, machine, tps, sha256 || '@' || machine_id as thing
    from market.probe
    where model is not null and test ~ '^tg[0-9]+$'
    order by sha256, machine_id, made_at desc, test
),

priced as (
    select e.*, p.usd, p.region, coalesce(p.note, e.note) as told
    from market.effective_price as e
    cross join lateral (
        select e.effective_usd, null, null
        union all
        select r.usd, r.region, 'the price of this region' from regional as r where r.thing = e.thing and e.profile = 'blend_3to1' and r.usd > 0
    ) as p (usd, region, note)
),

way as (
    select
        'api' as kind, p.profile, coalesce(p.model, p.source_key) as model, p.provider, coalesce(p.host, p.provider) as serves,
        p.endpoint, p.plan, p.quantization, p.usd, p.context_tokens,
        case when p.region is null then ledger.regions(p.source_key, p.endpoint, p.provider) else array[p.region] end as regions,
        p.paid, p.told as note, p.agreement, null::double precision as tps, p.source_key, p.thing
    from priced as p
    union all
    select
        'local', f.profile, coalesce(a.model, l.model), l.machine, l.machine, null, 'standard', l.quantization, r.usd, null, '{}', true,
        case when r.usd is not null then 'on the cheapest such machine for rent, busy half of the time with one answer after the other' end, null,
        l.tps, l.artifact, l.thing
    from local as l
    left join ledger.alias as a on a.provider_id = '' and a.name = l.model
    cross join (select distinct profile from ledger.effective_price where profile <> '') as f
    left join lateral (
        select min(ledger.usd_mtok(h.usd_hour, h.tps, 0.5)) as usd from ledger.hosted as h
        where f.profile = 'blend_3to1' and h.sha256 || '@' || h.machine_id = l.thing and not h.spot
    ) as r on true
)

select
    y.kind, y.profile, t.benchmark, y.model, y.provider, y.endpoint, y.serves, y.plan, y.quantization, y.usd, s.value as score,
    case when y.kind = 'api' then y.context_tokens else coalesce(k.context_tokens, (
        select mode() within group (order by (d.terms ->> 'context_tokens')::bigint)
        from ledger.called as c inner join ledger.offer as o on o.thing = c.thing inner join ledger.listed as d on d.offer_id = o.id
        where c.model = y.model and not d.gone
    )) end as context_tokens,
    k.license_id, k.license_class, k.open_weights, y.regions, y.agreement, y.paid, y.note, y.tps, y.source_key, y.thing
from way as y
cross join (select benchmark from ledger.score union select 'aa_intelligence') as t
left join scored as s on s.model = y.model and s.benchmark = t.benchmark
left join known as k on k.model = y.model;

comment on view market.route is 'What could answer a request: each offer that chats and each file that we measured on a machine, by mix of requests and by test; filter both. `modelmarket route` draws the frontier from it.';
comment on column market.route.kind is 'api, or local for a file on a machine of ours.';
comment on column market.route.profile is 'Name of the mix of requests.';
comment on column market.route.benchmark is 'The test; a row for each that has results, and for aa_intelligence.';
comment on column market.route.model is 'The model the name stands for (market.alias), else the canonical name, else the source''s own spelling.';
comment on column market.route.provider is 'Who bills; the machine where it is local.';
comment on column market.route.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.route.serves is 'Who computes the answer: the host, else the provider, else the machine.';
comment on column market.route.plan is 'standard, batch, flex, priority, free …';
comment on column market.route.quantization is 'Quantization the endpoint serves or the file has, as stated; NULL where unknown.';
comment on column market.route.usd is 'USD per million tokens of the mix; NULL where something in it has no price; of a local one its cost on the cheapest such machine for rent (market.self_host_cost), for blend_3to1 only.';
comment on column market.route.score is 'Best result of the model in the test, in the test''s own unit; of a quantized file that of the model it was made of. NULL where none is on record.';
comment on column market.route.context_tokens is 'Longest prompt and answer together, tokens; of a file that which most listings of the model state.';
comment on column market.route.license_id is 'License in effect of the model''s weights; NULL where not known.';
comment on column market.route.license_class is 'Class of that license; NULL where not known.';
comment on column market.route.open_weights is 'Whether any source says that the weights are published; NULL where none says.';
comment on column market.route.regions is 'Regions that name, endpoint or provider state, or the one this price is of; empty where none is stated.';
comment on column market.route.agreement is 'Fewest independent sources that state one of its prices as believed; NULL for local ones.';
comment on column market.route.paid is 'Whether input and output both cost something; a free offer is nothing to rely on.';
comment on column market.route.note is 'What is unusual about the bill, or why there is no price; NULL where nothing.';
comment on column market.route.tps is 'Decoded tokens a second of one answer, as we measured it; NULL for an API.';
comment on column market.route.source_key is 'PROVIDER/MODEL as the believed source spells both; of a file its repository and name.';
comment on column market.route.thing is 'What is on sale, the same text for every source that lists it; of a file its hash and the machine''s number.';
