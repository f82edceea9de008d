-- Paid things that chat and whose name stands for no known model, the largest money first; OpenRouter's moving names (`~`) are none.
create view market.unresolved as
select
    a.provider_id as provider,
    a.name,
    count(distinct o.source_id) as sources,
    trim_scale(round(max(w.blend_3to1_usd), 6)) as blend_3to1_usd
from ledger.alias as a
inner join ledger.offer as o on o.provider_id = a.provider_id and o.model_key = a.name
inner join market.offer_wide as w on w.thing = o.thing
where a.model is null and a.name not like '~%' and w.blend_3to1_usd > 0
group by a.provider_id, a.name
order by sources desc, blend_3to1_usd desc, provider, name;

comment on view market.unresolved is
'Paid things that chat and whose name stands for no known model: what most sources list first, then the dearest. One line in market/model_reviewed.py resolves one.';
comment on column market.unresolved.provider is 'Who bills, one spelling for all sources.';
comment on column market.unresolved.name is 'The name, as spelled.';
comment on column market.unresolved.sources is 'Sources that list it.';
comment on column market.unresolved.blend_3to1_usd is 'Highest believed price under this name, three parts input to one part output, USD per million tokens.';
