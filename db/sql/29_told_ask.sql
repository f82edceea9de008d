-- What each source alone says that things ask, each for as long as the source said it held; shaped as ledger.ask, nobody else consulted.
create view ledger.told_ask as
select
    q.source,
    o.thing,
    o.model,
    o.provider_id as provider,
    q.price_usd as usd,
    greatest(q.seen_at, q.valid_from) as begin_at,
    least(q.gone_at, q.valid_to, '9999-01-01') as end_at,
    1 as agreement,
    case when q.seen_at > min(q.seen_at) over (partition by o.thing, q.meter, q.source) then 'change' else 'entry' end as why,
    q.meter
from market.quote_history as q
inner join ledger.price_line as l on l.id = q.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.chats as c on c.thing = o.thing
where
    not q.quarantined and q.price_usd > 0 and q.plan = 'standard'
    and q.condition is null and q.meter in ('input_mtok', 'output_mtok', 'cache_read_mtok')
    and greatest(q.seen_at, q.valid_from) < least(q.gone_at, q.valid_to, '9999-01-01');
