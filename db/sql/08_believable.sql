-- What each source last said that is believable: not held, in force now, and its offer not missing from three complete pages.
create view ledger.believable as
select distinct on (o.thing, l.offer_id, l.meter, l.condition, st.scope_id)
    l.offer_id,
    o.thing,
    l.meter,
    l.condition,
    l.stated_from,
    st.line_id,
    st.scope_id,
    st.good_usd as usd,
    st.good_seen_at as seen_at,
    st.held,
    src.id as source_id,
    src.name as source,
    o.provider || '/' || o.model_key as source_key,
    o.endpoint,
    src.trust,
    src.family,
    sc.last_seen_at < now() - src.fail_after as stale
from ledger.standing as st
inner join ledger.price_line as l on l.id = st.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id
inner join ledger.scope as sc on sc.id = st.scope_id
where
    st.good_usd is not null
    and (l.stated_from is null or l.stated_from <= now())
    and (st.good_to is null or st.good_to > now())
    and (
        not st.gone
        or (
            exists (
                select 1 from ledger.listed as d
                where d.scope_id = st.scope_id and d.offer_id = l.offer_id and d.gone and d.seen_at = st.seen_at
            )
            and not exists (
                select 1 from ledger.sighting as sg
                where sg.scope_id = st.scope_id and sg.seen_at >= st.seen_at and sg.complete
                order by sg.seen_at
                offset 2
            )
        )
    )
order by o.thing, l.offer_id, l.meter, l.condition, st.scope_id, l.stated_from desc nulls last;
