-- What competes: believed, standard, unconditional, paid prices of things that chat, each for as long as it was believed; and how it
-- came about. A promotion, a free or a spot plan is another plan and no part of it.
create view ledger.chats as
select o.thing
from ledger.listing as d inner join ledger.offer as o on o.id = d.offer_id
where
    not d.gone
    and not ledger.named_otherwise(o.model_key)
group by o.thing
having coalesce(
    min(d.terms ->> 'mode') filter (where d.terms ->> 'mode' in ('chat', 'completion', 'responses')), min(d.terms ->> 'mode'), 'chat'
) in ('chat', 'completion', 'responses');

create view ledger.ask as
with known as (
    select o.provider_id, min(g.seen_at)::date as since
    from ledger.listing as g inner join ledger.offer as o on o.id = g.offer_id
    group by o.provider_id
),

asked as (
    select
        o.thing,
        o.model,
        o.provider_id as provider,
        l.meter,
        b.usd,
        greatest(b.known_from, b.valid_from) as begin_at,
        least(b.known_to, b.valid_to) as end_at,
        b.agreement
    from ledger.belief as b
    inner join ledger.price_line as l
        on l.id = b.line_id and l.condition is null and l.meter in ('input_mtok', 'output_mtok', 'cache_read_mtok')
    inner join ledger.offer as o on o.id = l.offer_id and o.plan = 'standard'
    where not b.assumed and b.usd > 0
)

select
    a.*,
    case
        when lag(a.end_at) over path = a.begin_at then 'change'
        when lag(a.end_at) over path < a.begin_at then 'return'
        when k.since = a.begin_at::date then 'coverage'
        else 'entry'
    end as why
from asked as a
inner join known as k on k.provider_id = a.provider
where a.begin_at < a.end_at
window path as (partition by a.thing, a.meter order by a.begin_at);
