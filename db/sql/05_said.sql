-- Every change of what a source said of a price line, equal neighbors consolidated; gone_at is when it said otherwise or fell silent.
create view ledger.said as
with changed as (
    select
        st.*,
        (st.usd, st.native, st.stated_to, st.gone) is not distinct from (
            lag(st.usd) over past, lag(st.native) over past, lag(st.stated_to) over past, lag(st.gone) over past
        ) and row_number() over past > 1 as same
    from ledger.statement as st
    window past as (partition by st.line_id order by st.seen_at, st.scope_id)
)

select
    line_id,
    scope_id,
    seen_at,
    usd,
    currency,
    native,
    stated_to,
    gone,
    lead(seen_at) over (partition by line_id order by seen_at, scope_id) as gone_at
from changed
where not same;
