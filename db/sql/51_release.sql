-- What came out and went when, as far as anybody says; each date with what it rests on.
create view market.release as
with named as (
    select al.model, dates.event, dates.happened_on, dates.basis, src.name as source
    from ledger.listed as d
    inner join ledger.offer as o on o.id = d.offer_id
    inner join ledger.source as src on src.id = o.source_id
    inner join ledger.alias as al on al.provider_id = o.provider_id and al.name = o.model_key and al.model is not null
    left join ledger.author as au on au.author = split_part(al.model, '/', 1) and au.provider_id = o.provider_id
    cross join lateral (
        values
        ('announced', (d.terms ->> 'released_on')::date, 'stated'),
        ('api', d.seen_at::date, 'seen'),
        ('retired', case when au.author is not null then (d.terms ->> 'retires_on')::date end, 'stated')
    ) as dates (event, happened_on, basis)
    where dates.happened_on is not null
),

cards as (
    select al.model, c.facts, src.name as source, u.model_key, al.basis
    from ledger.carded as c
    inner join ledger.subject as u on u.id = c.subject_id
    inner join ledger.source as src on src.id = u.source_id
    inner join ledger.alias as al on al.provider_id = '' and al.name = u.model_key and al.model is not null
),

said as (
    select model, event, happened_on, basis, source from named
    union all
    select model, 'weights', (facts ->> 'created_at')::timestamptz::date, 'repository', source
    from cards where source = 'huggingface' and facts ->> 'created_at' is not null and basis in ('author', 'stated')
    union all
    select model, 'api', (facts ->> 'created_at')::timestamptz::date, 'listed', source
    from cards where source <> 'huggingface' and facts ->> 'created_at' is not null
),

counted as (
    select model, event, happened_on, basis, min(source) as source, count(distinct source) as sources, count(*) as times
    from said group by 1, 2, 3, 4
)

-- Of several dates stated, the one that most listings state; of several that are seen, the first.
select distinct on (model, event) model, event, happened_on, basis, source, sources
from counted
order by model, event, array_position('{stated,repository,listed,seen}', basis), case basis when 'stated' then -times else 0 end, happened_on;

comment on view market.release is 'Model x event: what came out, or goes, when; with what the date rests on.';
comment on column market.release.model is 'Canonical author/slug, as in market.alias.';
comment on column market.release.event is 'announced, weights, api or retired (by its own author; what other providers stop selling is in market.calendar).';
comment on column market.release.happened_on is 'UTC day.';
comment on column market.release.basis is
'stated (a source gives the date), repository (the author''s own repository at the Hub was made), listed (an entry was made) or seen (first look at which it stood there).';
comment on column market.release.source is 'Who says so; the first by name of several.';
comment on column market.release.sources is 'Sources with this very date.';
