-- Models with a score (a name that is led elsewhere now and then is none), since when they are out, on which side they are, and the lowest price: what open and closed are compared by.
create view market.rated as
with scored as materialized (
    select *, min(first_on) over (partition by source, benchmark) as began_on from market.score
),

tested as materialized (
    select model, benchmark, max(value) as value, min(first_on) filter (where first_on > began_on) as first_on, bool_or(open_weights) as said_open
    from scored where model is not null and model not like '%-latest'
    group by model, benchmark
),

sides as materialized (
    select resolved_model as model, bool_or(open_weights) as open_weights from market.model where resolved_model is not null group by 1
),

came as materialized (
    select distinct on (model) model, happened_on, basis
    from market.release
    where basis <> 'seen' and event in ('announced', 'weights', 'api') and model = any(array(select t.model from tested as t))
    order by model, array_position('{stated,repository,listed}', basis), happened_on
),

-- What is believed now of the tested models' own offers: the board would make up every other one's too.
priced as materialized (
    select
        a.model,
        max(b.usd) filter (where l.meter = 'input_mtok') as input_usd,
        max(b.usd) filter (where l.meter = 'output_mtok') as output_usd
    from ledger.belief as b
    inner join ledger.price_line as l on l.id = b.line_id and l.condition is null and l.meter in ('input_mtok', 'output_mtok')
    inner join ledger.offer as o on o.id = l.offer_id and o.plan = 'standard'
    inner join ledger.alias as a on a.provider_id = o.provider_id and a.name = o.model_key
    where
        b.known_to > now() and b.known_from <= now() and b.valid_to > now() and b.valid_from <= now()
        and a.model = any(array(select t.model from tested as t))
        and o.id not in (select d.offer_id from ledger.listed as d where d.terms ->> 'mode' not in ('chat', 'completion'))
    group by a.model, o.thing
),

cheapest as materialized (
    select model, min((3 * input_usd + output_usd) / 4) as blend_3to1_usd from priced where output_usd > 0 group by model
)

select
    t.model,
    t.benchmark,
    t.value,
    coalesce(c.happened_on, t.first_on) as came_on,
    coalesce(c.basis, case when t.first_on is not null then 'tested' end) as came_on_basis,
    coalesce(s.open_weights, t.said_open, m.open_weights) as open_weights,
    p.blend_3to1_usd
from tested as t
inner join ledger.model as m using (model)
left join sides as s using (model)
left join came as c using (model)
left join cheapest as p using (model);

comment on view market.rated is 'Model x test: its best result, since when it is out, open or closed, and its lowest price; what open and closed are compared by.';
comment on column market.rated.model is 'Canonical author/slug, as in market.alias.';
comment on column market.rated.benchmark is 'The test, as in market.score.';
comment on column market.rated.value is 'Its best result under any effort, in the test''s own unit.';
comment on column market.rated.came_on is 'UTC day of its release (market.release), else the first day with a result, unless that is the first day of the whole table; NULL where neither is known.';
comment on column market.rated.came_on_basis is 'stated, repository, listed (market.release) or tested; NULL without a day.';
comment on column market.rated.open_weights is 'Whether any source says that the weights are published, else false where reviewed facts say that they are not; NULL elsewhere.';
comment on column market.rated.blend_3to1_usd is 'Lowest believed standard price of any provider, three parts input to one part output, USD per million tokens; NULL where it is not on sale.';
