-- How much models are used, as sources count it; what a source counts under another id of its own is brought to its model.
create view market.adoption as
with counted as (
    select distinct on (su.source_id, c.facts ->> 'counted_as') c.facts ->> 'counted_as' as model_key, su.model
    from ledger.carded as c
    inner join ledger.subject as su on su.id = c.subject_id
    where c.facts ? 'counted_as' and su.model is not null
    order by su.source_id, c.facts ->> 'counted_as', c.gone, su.model
)

select
    a.day,
    coalesce(su.model, k.model) as model,
    a.metric,
    a.value,
    src.name as source,
    su.model_key
from ledger.adoption as a
inner join ledger.subject as su on su.id = a.subject_id
inner join ledger.source as src on src.id = su.source_id
left join counted as k on su.model is null and k.model_key = su.model_key;

comment on view market.adoption is 'How much models are used, one reading a day; a source''s own count, of the models it names that day only.';
comment on column market.adoption.day is 'Day, UTC: the one the source counts for, else the one it was read on.';
comment on column market.adoption.model is 'Canonical author/slug; NULL while unresolved, and for all the rest taken together.';
comment on column market.adoption.metric is 'downloads (of the last 30 days), likes (ever), tokens (that day, each model''s by its own tokenizer) or stars (ever).';
comment on column market.adoption.value is 'The count, in the metric''s unit.';
comment on column market.adoption.source is 'The source that counts.';
comment on column market.adoption.model_key is 'What is counted, as that source spells it: a model, or a repository for stars.';
