-- Where an independent source that is still read states another price than the believed one, the largest money first.
create view market.disagreement as
with stated as (
    select distinct on (o.thing, l.meter, l.condition, src.id)
        o.thing,
        l.meter,
        l.condition,
        src.name as source,
        v.family,
        o.provider || '/' || o.model_key as source_key,
        st.good_usd as usd,
        st.good_seen_at as seen_at,
        sc.last_seen_at as read_at,
        coalesce(sg.address, sc.url) as evidence_url,
        encode(sg.sha256, 'hex') as sha256
    from ledger.standing as st
    inner join ledger.price_line as l on l.id = st.line_id
    inner join ledger.offer as o on o.id = l.offer_id
    inner join ledger.source as src on src.id = o.source_id
    inner join ledger.scope as sc on sc.id = st.scope_id and sc.last_seen_at >= now() - src.fail_after
    inner join ledger.voice as v on v.source_id = o.source_id and v.provider_id = o.provider_id
    left join ledger.sighting as sg on sg.scope_id = st.scope_id and sg.seen_at = st.good_seen_at
    where
        st.good_usd is not null and not st.gone
        and coalesce(l.stated_from <= now(), true) and coalesce(st.good_to > now(), true)
    order by o.thing, l.meter, l.condition, src.id, l.stated_from desc nulls last, st.good_seen_at desc, o.id
)

select
    p.thing,
    p.model,
    p.source_key,
    p.provider,
    p.endpoint,
    p.plan,
    p.meter,
    p.condition,
    p.source as believed_source,
    p.price_usd as believed_usd,
    p.agreement,
    s.source as other_source,
    s.usd as other_usd,
    case
        when least(p.price_usd, s.usd) > 0 then trim_scale(round(greatest(p.price_usd, s.usd) / least(p.price_usd, s.usd), 6))
    end as ratio,
    trim_scale(case p.meter when 'input_mtok' then 0.75 when 'output_mtok' then 0.25 end * abs(p.price_usd - s.usd)) as money_usd,
    p.seen_at as believed_seen_at,
    s.seen_at as other_seen_at,
    s.read_at as other_read_at,
    p.evidence_url as believed_url,
    p.sha256 as believed_sha256,
    s.source_key as other_key,
    s.evidence_url as other_url,
    s.sha256 as other_sha256
from market.price as p
inner join ledger.source as src on src.name = p.source
inner join ledger.voice as v on v.source_id = src.id and v.provider_id = p.provider
inner join stated as s
    on s.thing = p.thing and s.meter = p.meter and s.condition is not distinct from p.condition
        and s.family <> v.family and s.usd <> p.price_usd
order by money_usd desc nulls last, ratio desc nulls last, p.thing, p.meter, p.condition nulls first, s.source;

comment on view market.disagreement is 'Where an independent source that is still read states another price than the believed one; one row per other source, the largest money first.';
comment on column market.disagreement.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.disagreement.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.disagreement.source_key is 'PROVIDER/MODEL as the believed source spells both.';
comment on column market.disagreement.provider is 'Who bills, one spelling for all sources.';
comment on column market.disagreement.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.disagreement.plan is 'standard, batch, flex, priority, free …';
comment on column market.disagreement.meter is 'What is counted; the suffix is the unit of both prices.';
comment on column market.disagreement.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.disagreement.believed_source is 'The source that is believed.';
comment on column market.disagreement.believed_usd is 'Its price, USD per the meter''s unit.';
comment on column market.disagreement.agreement is 'Independent sources that state the believed price, the believed one included.';
comment on column market.disagreement.other_source is 'The source that says otherwise; copies of the believed one are left out.';
comment on column market.disagreement.other_usd is 'Its price, USD per the meter''s unit.';
comment on column market.disagreement.ratio is 'Higher over lower price; NULL where one of them is 0.';
comment on column market.disagreement.money_usd is 'What is at stake, to sort by: USD by which a bill for a million tokens, three parts input and one part output, would differ; the difference of an input price counts 0.75, of an output price 0.25. NULL for other meters, whose share of a bill is unknown. Not weighted by use: no source states the use of offers.';
comment on column market.disagreement.believed_seen_at is 'When the believed price was first seen.';
comment on column market.disagreement.other_seen_at is 'When the other price was first seen.';
comment on column market.disagreement.other_read_at is 'When the other source was last read.';
comment on column market.disagreement.believed_url is 'Address of the page with the believed price.';
comment on column market.disagreement.believed_sha256 is 'Hash of that page''s bytes.';
comment on column market.disagreement.other_key is 'PROVIDER/MODEL as the other source spells both.';
comment on column market.disagreement.other_url is 'Address of the page with the other price.';
comment on column market.disagreement.other_sha256 is 'Hash of that page''s bytes.';
