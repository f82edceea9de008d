-- Statements in another currency, in USD by the rate of their day: the last one that had been published when the statement was first seen,
-- in Frankfurt at 16:00, and no older than a week. The amount stands until the source states another, whatever the rate does.
create view ledger.converted as
select
    st.line_id,
    st.scope_id,
    st.seen_at,
    st.currency,
    st.native,
    coalesce(st.usd, st.native * rate.usd) as usd,
    rate.day as rate_on
from ledger.statement as st
cross join lateral (select ((st.seen_at at time zone 'Europe/Berlin') - interval '16 hours')::date as day) as last
left join lateral (
    select r.usd, r.day from ledger.rate as r
    where st.usd is null and r.currency = st.currency and r.day <= last.day and r.day > last.day - 7
    order by r.day desc limit 1
) as rate on true
where st.native is not null;

-- What a source said of a price, to tell whether it says the same again, whatever the rates do.
create or replace function ledger.amount(usd numeric, currency text, native numeric) returns text
language sql immutable
return case when native is null then trim_scale(usd)::text else currency || ' ' || trim_scale(native)::text end;
