-- What is held and why: single statements that still stand, and whole pages nobody has decided on.
create view market.quarantine as
select
    'statement' as kind,
    'S' || st.line_id || '.' || st.scope_id as item,
    src.name as source,
    o.provider || '/' || o.model_key as source_key,
    o.endpoint,
    o.model,
    o.provider_id as provider,
    o.plan,
    l.meter,
    l.condition,
    coalesce(st.usd, c.usd) as price_usd,
    st.good_usd as last_good_usd,
    q.rule,
    q.reason,
    st.seen_at,
    coalesce(sg.address, sc.url) as evidence_url,
    encode(sg.sha256, 'hex') as sha256
from ledger.standing as st
inner join ledger.quarantine as q on q.line_id = st.line_id and q.seen_at = st.seen_at and q.scope_id = st.scope_id
left join ledger.converted as c on c.line_id = st.line_id and c.scope_id = st.scope_id and c.seen_at = st.seen_at
inner join ledger.price_line as l on l.id = st.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id
inner join ledger.scope as sc on sc.id = st.scope_id
left join ledger.sighting as sg on sg.scope_id = st.scope_id and sg.seen_at = st.seen_at
where not st.gone
union all
select
    'page',
    'P' || f.id,
    src.name,
    null, null, null, null, null, null, null, null, null,
    'page',
    f.reason,
    f.fetched_at,
    f.url,
    encode(f.sha256, 'hex')
from ledger.fetch as f
inner join ledger.run as r on r.id = f.run_id
inner join ledger.source as src on src.id = r.source_id
where
    f.verdict = 'held'
    and not exists (select 1 from ledger.review as v where v.fetch_id = f.id)
    and not exists (
        select 1 from ledger.fetch as later where later.url = f.url and later.fetched_at > f.fetched_at
        and later.verdict in ('accepted', 'unchanged', 'held')
    );

comment on view market.quarantine is 'What is held and why: price statements that stand, and whole pages nobody has decided on.';
comment on column market.quarantine.kind is 'statement or page.';
comment on column market.quarantine.item is 'Handle for modelmarket review accept and reject.';
comment on column market.quarantine.source is 'Name of the source.';
comment on column market.quarantine.source_key is 'PROVIDER/MODEL as that source spells both.';
comment on column market.quarantine.endpoint is 'The source''s own discriminator.';
comment on column market.quarantine.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.quarantine.provider is 'Who bills, one spelling for all sources.';
comment on column market.quarantine.plan is 'standard, batch, flex, priority, free …';
comment on column market.quarantine.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.quarantine.condition is 'When the price holds; NULL for always.';
comment on column market.quarantine.price_usd is 'The held price, USD per the meter''s unit.';
comment on column market.quarantine.last_good_usd is 'What is believed of this source instead; NULL where nothing is.';
comment on column market.quarantine.rule is 'Rule that holds it.';
comment on column market.quarantine.reason is 'Why, one sentence.';
comment on column market.quarantine.seen_at is 'When it was first seen.';
comment on column market.quarantine.evidence_url is 'Address of the page that said so.';
comment on column market.quarantine.sha256 is 'Hash of the page''s bytes, kept in the ledger.';
