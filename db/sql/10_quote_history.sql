-- Each price each source ever stated, from when to when it held, and whether it is believed.
create view market.quote_history as
select
    src.name as source,
    o.provider || '/' || o.model_key as source_key,
    o.endpoint,
    o.model,
    o.provider_id as provider,
    o.plan,
    l.meter,
    l.condition,
    s.usd as price_usd,
    coalesce(l.stated_from, s.seen_at) as valid_from,
    case when l.stated_from is null then 'seen' else 'stated' end as valid_from_basis,
    case
        when l.stated_from is not null and s.corrected then l.stated_from
        when s.stated_to is not null or s.gone_at is not null
            then greatest(coalesce(l.stated_from, s.seen_at), least(s.stated_to, s.gone_at))
    end as valid_to,
    s.seen_at,
    s.gone_at,
    q.line_id is not null as quarantined,
    q.rule,
    q.reason,
    coalesce(sg.address, sc.url) as evidence_url,
    encode(sg.sha256, 'hex') as sha256,
    s.line_id,
    s.native,
    s.currency,
    s.rate_on,
    al.model as resolved_model
from ledger.said as s
inner join ledger.price_line as l on l.id = s.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id
left join ledger.alias as al on al.provider_id = o.provider_id and al.name = o.model_key
inner join ledger.scope as sc on sc.id = s.scope_id
left join ledger.sighting as sg on sg.scope_id = s.scope_id and sg.seen_at = s.seen_at
left join ledger.quarantine as q on q.line_id = s.line_id and q.seen_at = s.seen_at and q.scope_id = s.scope_id
where not s.gone and s.usd is not null;

comment on view market.quote_history is 'One statement of one source: every price each source ever stated, never forgotten.';
comment on column market.quote_history.source is 'Name of the source.';
comment on column market.quote_history.source_key is 'PROVIDER/MODEL as that source spells both.';
comment on column market.quote_history.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.quote_history.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.quote_history.provider is 'Who bills, one spelling for all sources.';
comment on column market.quote_history.plan is 'standard, batch, flex, priority, free …';
comment on column market.quote_history.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.quote_history.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.quote_history.price_usd is 'USD per the meter''s unit; never NULL.';
comment on column market.quote_history.valid_from is 'Begin of validity: as stated, else as first seen.';
comment on column market.quote_history.valid_from_basis is 'stated or seen.';
comment on column market.quote_history.valid_to is 'End of validity, exclusive; NULL while it holds. Equal to valid_from where it never held: a stated begin corrected, or canceled before it came.';
comment on column market.quote_history.seen_at is 'When it was first seen.';
comment on column market.quote_history.gone_at is 'When the source first said otherwise or fell silent; NULL while it stands.';
comment on column market.quote_history.quarantined is 'Kept but not believed.';
comment on column market.quote_history.rule is 'Rule that holds it.';
comment on column market.quote_history.reason is 'Why it is held, one sentence.';
comment on column market.quote_history.evidence_url is 'Address of the page that said so.';
comment on column market.quote_history.sha256 is 'Hash of the page''s bytes, kept in the ledger.';
comment on column market.quote_history.line_id is 'Number of the price line, for joins.';
comment on column market.quote_history.native is 'Amount per the meter''s unit as stated in another currency; NULL where it is stated in USD.';
comment on column market.quote_history.currency is 'ISO 4217 code of the amount as stated.';
comment on column market.quote_history.rate_on is 'Day of the rate that made USD of it, as in market.rate; NULL where the source states USD.';
comment on column market.quote_history.resolved_model is 'The model that the name stands for (market.alias), one spelling for all providers and sources; NULL while unresolved.';
