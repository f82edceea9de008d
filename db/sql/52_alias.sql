-- Every name under which something is sold or known, and the model it stands for.
create view market.alias as
with moving as (
    select distinct on (o.provider_id, o.model_key) o.provider_id, o.model_key, d.terms ->> 'alias_of' as points_to, d.seen_at as points_since
    from ledger.listed as d inner join ledger.offer as o on o.id = d.offer_id
    where not d.gone and d.terms ->> 'alias_of' is not null
    order by o.provider_id, o.model_key, d.seen_at desc
)

select
    a.name,
    nullif(a.provider_id, '') as provider,
    a.model,
    a.basis,
    a.dated::date as dated,
    a.quantization,
    a.plan,
    m.points_to,
    m.points_since
from ledger.alias as a
left join moving as m on m.provider_id = a.provider_id and m.model_key = a.name;

comment on view market.alias is 'Every name, the model it stands for, and what that rests on; docs/identity.md has the rules and how good they are.';
comment on column market.alias.name is 'The name, as spelled.';
comment on column market.alias.provider is 'Who bills under this name, one spelling for all sources; NULL for a name that is no provider''s, such as a repository''s.';
comment on column market.alias.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.alias.basis is
'stated (a source says that both are one), reviewed (by hand), author (the name has it), family (the name begins so), maker (sold by who makes it) or unresolved.';
comment on column market.alias.dated is 'Edition that the name says.';
comment on column market.alias.quantization is 'Packing of the weights that the name says.';
comment on column market.alias.plan is 'Plan that the name says.';
comment on column market.alias.points_to is 'Where the source says that this name leads now, as that source spells it; NULL for a name that stays what it is.';
comment on column market.alias.points_since is 'Since when it is seen to lead there; earlier ones are events of kind alias in market.price_change.';
