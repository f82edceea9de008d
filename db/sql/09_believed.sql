-- The belief made anew: per thing, meter and condition the best statement; trust first, then agreement; a failed source counts last;
-- of equals the first by name, which does not depend on the order in which they came.
create view ledger.believed as
with votes as (
    select thing, meter, condition, usd, count(distinct family) as agreement
    from ledger.believable
    group by thing, meter, condition, usd
),

asked as (
    select thing, meter, condition, count(distinct family) as families, trim_scale(round(max(usd) / nullif(min(usd), 0), 6)) as spread
    from ledger.believable
    group by thing, meter, condition
),

ranked as (
    select
        b.*,
        v.agreement,
        row_number() over (
            partition by b.thing, b.meter, b.condition
            order by b.stale, b.trust, v.agreement desc, b.seen_at desc, b.source, b.source_key, b.endpoint nulls first, b.scope_id
        ) as place
    from ledger.believable as b
    inner join votes as v
        on v.thing = b.thing and v.meter = b.meter and v.condition is not distinct from b.condition and v.usd = b.usd
)

select
    r.thing,
    r.meter,
    r.condition,
    r.line_id,
    r.scope_id,
    r.usd,
    r.seen_at,
    r.held,
    r.stale,
    r.agreement,
    a.families,
    a.spread
from ranked as r
inner join asked as a on a.thing = r.thing and a.meter = r.meter and a.condition is not distinct from r.condition
where r.place = 1;

-- The same for one thing, planned for one thing: its own setting keeps the planner from folding it into the whole view. Its owner's
-- rights: market.price calls it for readers who have none on this schema.
create function ledger.believed_of(thing text) returns setof ledger.believed
language sql stable security definer set search_path = '' set jit = off
as $$ select * from ledger.believed as b where b.thing = $1 $$;
