-- Which model a thing on sale stands for, and the regions that its name or endpoint tells of.
create view ledger.called as
select o.thing, min(a.model) as model
from ledger.offer as o
inner join ledger.alias as a on a.provider_id = o.provider_id and a.name = o.model_key and a.model is not null
group by o.thing;

create or replace function ledger.regions(source_key text, endpoint text, provider text) returns text []
language sql immutable
return coalesce((
    select array_agg(distinct found.word[1])
    from regexp_matches(
        concat_ws('/', source_key, endpoint, substring(provider from '-(cn)$')),
        '(?:^|[/.@ ])((?:us|eu|europe|ap|apac|asia|au|ca|cn|jp|me|sa|global)(?:-[a-z]+-?[0-9]+)?)(?=[/.@ ]|$)', 'g'
    ) as found (word)
), '{}');
