-- Every change of what a page said of a price line, equal neighbors consolidated; gone_at is when it said otherwise or fell silent,
-- corrected that it then said otherwise. usd is by the rate of the day
-- where the source states none, and plays no part in what is equal. Neighbors are looked up one by one: windows would have to see everything before a filter counts.
create view ledger.said as
select
    st.line_id,
    st.scope_id,
    st.seen_at,
    coalesce(st.usd, c.usd) as usd,
    st.currency,
    st.native,
    c.rate_on,
    st.stated_to,
    st.gone,
    later.seen_at as gone_at,
    coalesce(not later.gone, false) as corrected
from ledger.statement as st
left join ledger.converted as c on c.line_id = st.line_id and c.scope_id = st.scope_id and c.seen_at = st.seen_at
left join lateral (
    select p.usd, p.currency, p.native, p.stated_to, p.gone from ledger.statement as p
    where p.line_id = st.line_id and p.scope_id = st.scope_id and p.seen_at < st.seen_at
    order by p.seen_at desc limit 1
) as before on true
left join lateral (
    select n.seen_at, n.gone from ledger.statement as n
    where
        n.line_id = st.line_id and n.scope_id = st.scope_id and n.seen_at > st.seen_at
        and (n.usd, n.currency, n.native, n.stated_to, n.gone)
        is distinct from (st.usd, st.currency, st.native, st.stated_to, st.gone)
    order by n.seen_at limit 1
) as later on true
where
    before.gone is null
    or (st.usd, st.currency, st.native, st.stated_to, st.gone)
    is distinct from (before.usd, before.currency, before.native, before.stated_to, before.gone);
