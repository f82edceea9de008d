-- Every change of what a page said of a price line, equal neighbors consolidated; gone_at is when it said otherwise or fell silent,
-- corrected that it then said otherwise.
create view ledger.said as
with changed as (
    select
        st.*,
        (st.usd, st.native, st.stated_to, st.gone) is not distinct from (
            lag(st.usd) over past, lag(st.native) over past, lag(st.stated_to) over past, lag(st.gone) over past
        ) and row_number() over past > 1 as same
    from ledger.statement as st
    window past as (partition by st.line_id, st.scope_id order by st.seen_at)
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
    lead(seen_at) over later as gone_at,
    coalesce(not lead(gone) over later, false) as corrected
from changed
where not same
window later as (partition by line_id, scope_id order by seen_at);
