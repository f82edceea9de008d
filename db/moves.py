"""The moves of prices, told apart: made anew for the things that are judged, and kept for the views to read.

Each price of a thing has one teller: the most trusted source that states it, of those the one that listed it first. What is held, never
came into force or was over before it was seen is not told; nor is an offer's absence before three complete pages lack it.
"""

import psycopg

# Everything the tellers of the judged things ever said of their prices.
STATED = """
create temp table told on commit drop as
with priced as (
    select
        l.id as line_id, l.stated_from, st.scope_id, o.id as offer_id,
        first_value(l.id) over told as price_id,
        o.id = first_value(o.id) over told and st.scope_id = first_value(st.scope_id) over told as tells
    from judged as j
    inner join ledger.offer as o on o.thing = j.thing
    inner join ledger.source as src on src.id = o.source_id
    inner join ledger.price_line as l on l.offer_id = o.id
    inner join ledger.standing as st on st.line_id = l.id
    cross join lateral (select min(f.seen_at) as seen_at from ledger.listing as f where f.offer_id = o.id) as f
    window told as (partition by o.thing, l.meter, l.condition order by st.gone, src.trust, f.seen_at, src.id, o.id, st.scope_id)
),

changed as (
    select
        p.price_id, p.offer_id, p.stated_from, st.*,
        (st.usd, st.currency, st.native, st.stated_to, st.gone) is not distinct from (
            lag(st.usd) over past, lag(st.currency) over past, lag(st.native) over past, lag(st.stated_to) over past, lag(st.gone) over past
        ) and row_number() over past > 1 as same
    from priced as p
    inner join ledger.statement as st on st.line_id = p.line_id and st.scope_id = p.scope_id
    where p.tells
    window past as (partition by st.line_id, st.scope_id order by st.seen_at)
)

select
    price_id, offer_id, stated_from, line_id, scope_id, seen_at, coalesce(n.usd, c.usd) as usd, n.currency, n.native, stated_to, gone,
    ledger.amount(n.usd, n.currency, n.native) as amount,
    lead(seen_at) over later as gone_at,
    coalesce(not lead(gone) over later, false) as corrected,
    min(line_id) over (partition by price_id) <> max(line_id) over (partition by price_id) as several
from changed as n left join ledger.converted as c using (line_id, scope_id, seen_at)
where not same
window later as (partition by line_id, scope_id order by seen_at);
analyze told;
"""

# What of it is no news is taken away. `beside`: what stood beside a line when it was seen, another line of the same price; and whether a
# page before had told of one in force that states when it began (on one and the same page the undated price is the one before it).
UNTOLD = """
with beside as (
    select s.line_id, s.seen_at, bool_or(coalesce(d.stated_from <= s.seen_at and d.seen_at < s.seen_at, false)) as overruled
    from told as s
    inner join told as d
        on d.price_id = s.price_id and d.several and d.line_id <> s.line_id
            and not d.gone and d.seen_at <= s.seen_at and coalesce(d.gone_at > s.seen_at, true)
    where s.several and (s.gone or s.stated_from is null)
    group by s.line_id, s.seen_at
),

news as (
    select
        t.line_id, t.scope_id, t.seen_at,
        case
            when not t.gone
                then t.usd is not null
                    and not (t.stated_from is null and coalesce(b.overruled, false))
                    and coalesce(t.stated_to > coalesce(t.stated_from, t.seen_at), true)
                    and (t.corrected or coalesce(t.gone_at > t.stated_from, true))
            else coalesce(t.stated_from <= t.seen_at, true)
                and b.line_id is null
                and (g.offer_id is null or 3 <= (
                    select count(*) from (
                        select from ledger.sighting as sg
                        where sg.scope_id = t.scope_id and sg.complete
                            and sg.seen_at >= t.seen_at and coalesce(sg.seen_at < t.gone_at, true)
                        limit 3
                    ) as looks
                ))
        end as is_news
    from told as t
    left join beside as b on b.line_id = t.line_id and b.seen_at = t.seen_at
    left join ledger.listing as g
        on t.gone and g.gone and g.offer_id = t.offer_id and g.scope_id = t.scope_id and g.seen_at = t.seen_at
)

delete from told as s
using news as n
left join ledger.quarantine as q on q.line_id = n.line_id and q.seen_at = n.seen_at and q.scope_id = n.scope_id
where s.line_id = n.line_id and s.scope_id = n.scope_id and s.seen_at = n.seen_at and (q.line_id is not null or not n.is_news)
"""

# The way of each price, row by row.
WAY = """
create temp table way on commit drop as
select
    t.*,
    coalesce(case when not t.gone then t.stated_from end, t.seen_at) as changed_at,
    lag(t.usd) over way as old_usd,
    lag(t.gone) over way as was_gone,
    lag(t.line_id) over way as old_line,
    lag(t.native) over way as old_native,
    lag(t.currency) over way as old_currency,
    lag(t.amount) over way as old_amount,
    lag(t.seen_at) over way as old_seen_at,
    case when t.stated_from is null and lag(t.line_id, 2) over way = t.line_id then lag(t.amount, 2) over way end as older_amount,
    case when t.stated_from is null and lead(t.line_id) over way = t.line_id then lead(t.amount) over way end as next_amount,
    lead(t.seen_at) over way as next_seen_at,
    row_number() over way = 1 as first
from told as t
window way as (
    partition by t.price_id
    order by greatest(case when not t.gone then t.stated_from end, t.seen_at), t.gone desc, t.stated_from nulls first, t.seen_at
)
"""

# A tracker that left a price for at most 30 days and came back to it, while an independent source kept to it and none knew the other:
# slip and repair are corrections.
SLIPPED = """
create temp table slipped on commit drop as
select d.line_id, d.seen_at
from (
    select line_id, offer_id, seen_at, old_amount as told_amount, amount as slip_amount, seen_at as since, next_seen_at as until
    from way where next_amount = old_amount and amount <> old_amount and next_seen_at <= seen_at + interval '30 days'
    union all
    select line_id, offer_id, seen_at, amount, old_amount, old_seen_at, seen_at
    from way where older_amount = amount and amount <> old_amount and seen_at <= old_seen_at + interval '30 days'
) as d
inner join ledger.price_line as l on l.id = d.line_id
inner join ledger.offer as o on o.id = d.offer_id
inner join ledger.source as src on src.id = o.source_id and src.trust = 4
inner join ledger.offer as x on x.thing = o.thing and x.source_id <> o.source_id
inner join ledger.voice as v on v.source_id = o.source_id and v.provider_id = o.provider_id
inner join ledger.voice as w on w.source_id = x.source_id and w.provider_id = x.provider_id and w.family <> v.family
inner join ledger.price_line as y on y.offer_id = x.id and y.meter = l.meter and y.condition is not distinct from l.condition
cross join lateral (
    select ledger.amount(s.usd, s.currency, s.native) as amount from ledger.said as s
    where s.line_id = y.id and not s.gone and s.seen_at < d.until and coalesce(s.gone_at > d.since, true)
    offset 0 -- keeps the planner from reading all that was ever said
) as s
group by d.line_id, d.seen_at, d.told_amount, d.slip_amount
having bool_or(s.amount = d.told_amount) and not bool_or(s.amount = d.slip_amount)
"""

# An alias is a move on the page on which the source made the name mean another model.
MOVED = """
create temp table moved on commit drop as
with pointed as (
    select offer_id, scope_id, seen_at
    from (
        select
            g.offer_id, g.scope_id, g.seen_at, g.gone, g.terms ->> 'model' as model,
            lag(g.terms ->> 'model') over (partition by g.offer_id, g.scope_id order by g.seen_at) as old_model
        from ledger.listing as g
        where g.offer_id in (select w.offer_id from way as w where not w.first)
    ) as n
    where not gone and model <> old_model
)

select
    w.line_id, w.scope_id, w.seen_at, w.changed_at,
    case
        when w.gone then 'withdrawn'
        when w.first then 'first'
        when w.was_gone then 'relisted'
        when a.offer_id is not null then 'alias'
        when w.native = w.old_native and w.currency = w.old_currency then 'currency'
        when w.stated_from is not null and w.old_line = w.line_id or c.line_id is not null then 'correction'
        when w.usd < w.old_usd then 'cut'
        else 'rise'
    end as kind,
    case when not w.was_gone then w.old_usd end as old_usd,
    case when not w.gone then w.usd end as new_usd
from way as w
left join slipped as c on c.line_id = w.line_id and c.seen_at = w.seen_at
left join pointed as a on a.offer_id = w.offer_id and a.scope_id = w.scope_id and a.seen_at = w.seen_at
where case
    when w.gone then coalesce(not w.was_gone, false)
    -- A first price is news only where its source had been read before.
    when w.first then exists (select 1 from ledger.sighting as sg where sg.scope_id = w.scope_id and sg.seen_at < w.seen_at)
    else w.was_gone or w.usd is distinct from w.old_usd
end
"""

# Only what is otherwise than before is written.
CHANGE = """
create index on moved (line_id, scope_id, seen_at);
analyze moved;
delete from ledger.move as m using judged as j, ledger.offer as o, ledger.price_line as l
where o.thing = j.thing and l.offer_id = o.id and m.line_id = l.id
    and not exists (select 1 from moved as n where n.line_id = m.line_id and n.scope_id = m.scope_id and n.seen_at = m.seen_at and n = m);
insert into ledger.move (line_id, scope_id, seen_at, changed_at, kind, old_usd, new_usd)
select line_id, scope_id, seen_at, changed_at, kind, old_usd, new_usd from moved on conflict do nothing;
drop table told, way, slipped, moved
"""


def write(connection: psycopg.Connection) -> None:
    """Tells the moves of the things named in the temporary table `judged` anew; what is held must be written before."""
    for script in (STATED, UNTOLD, WAY, SLIPPED, MOVED, CHANGE):
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(statement)
