-- Models as far as known: what sources state of them, the author's own repository first, one row per canonical name.
create view market.model as
with facts as (
    select
        coalesce(su.model, lower(c.facts ->> 'hugging_face_id')) as model,
        c.facts,
        c.seen_at,
        src.trust
    from ledger.carded as c
    inner join ledger.subject as su on su.id = c.subject_id
    inner join ledger.source as src on src.id = su.source_id
    where not c.gone
    union all
    select o.model, d.terms, d.seen_at, src.trust
    from ledger.listed as d
    inner join ledger.offer as o on o.id = d.offer_id
    inner join ledger.source as src on src.id = o.source_id
    where not d.gone and o.model is not null
),

-- Of several repositories of a model, the most restrictive license; market/licenses.py says the order.
licensed as (
    select distinct on (l.model) l.model, l.effective_id, l.effective_class, r.rank
    from ledger.model_license as l
    cross join lateral array_position(
        '{osi_open,permissive_unapproved,rider,use_restricted,threshold,registration,unknown,noncommercial,research_only,none}',
        l.effective_class
    ) as r (rank)
    order by l.model, r.rank desc, l.effective_id
)

select
    facts.model,
    split_part(facts.model, '/', 1) as author,
    (select a.country from ledger.author as a where a.author = split_part(facts.model, '/', 1)) as country,
    coalesce(
        mode() within group (order by (facts ->> 'released_on')::date),
        min((facts ->> 'created_at')::timestamptz at time zone 'UTC')::date
    ) as released_on,
    case when min(facts ->> 'released_on') is not null then 'stated' else 'listed' end as released_on_basis,
    coalesce(
        bool_or((facts ->> 'open_weights')::boolean),
        (
            select m.open_weights from ledger.alias as a inner join ledger.model as m on m.model = a.model
            where a.provider_id = '' and a.name = facts.model
        )
    ) as open_weights,
    max((facts ->> 'parameters_total')::numeric) as parameters_total,
    max((facts ->> 'parameters_active')::numeric) as parameters_active,
    mode() within group (order by (facts ->> 'context_tokens')::bigint) as context_tokens,
    (array_agg(licensed.effective_id order by licensed.rank desc))[1] as license_id,
    nullif((array_agg(licensed.effective_class order by licensed.rank desc))[1], 'unknown') as license_class,
    min(facts ->> 'license_tag') as license_tag,
    min(seen_at) as first_seen_at,
    (select a.model from ledger.alias as a where a.provider_id = '' and a.name = facts.model) as resolved_model
from facts
left join licensed using (model)
where facts.model is not null
group by facts.model;

comment on view market.model is 'One row per canonical model, as far as the sources state anything of it.';
comment on column market.model.model is 'Canonical author/slug.';
comment on column market.model.author is 'Who made it.';
comment on column market.model.country is 'ISO 3166-1 alpha-2 code of the author''s seat, from reviewed facts; NULL where not reviewed.';
comment on column market.model.released_on is 'Release date that the most listings state, else the earliest day an entry of it was made; NULL where neither is known.';
comment on column market.model.released_on_basis is 'stated or listed.';
comment on column market.model.open_weights is 'Whether any source says that the weights are published, else false where reviewed facts say that they are not; NULL elsewhere.';
comment on column market.model.parameters_total is 'Number of weights; NULL where unknown.';
comment on column market.model.parameters_active is 'Weights used per token; NULL where unknown.';
comment on column market.model.context_tokens is 'Context the most listings state, tokens.';
comment on column market.model.license_id is 'License in effect along its descent (market.model_license has the evidence); NULL where not known.';
comment on column market.model.license_class is 'Class of that license; NULL where not known.';
comment on column market.model.license_tag is 'Tag as given; a hint, no verdict.';
comment on column market.model.first_seen_at is 'When it was first seen here.';
comment on column market.model.resolved_model is 'The model that this name stands for (market.alias); other names of the same model have the same.';

-- What is known of a model under any of its names, its own first.
create view ledger.known as
select distinct on (n.called)
    n.called as model,
    n.license_id,
    n.license_class,
    n.context_tokens,
    bool_or(n.open_weights) over (partition by n.called) as open_weights
from (
    select coalesce(m.resolved_model, m.model) as called, m.model, m.license_id, m.license_class, m.context_tokens, m.open_weights
    from market.model as m
) as n
order by n.called, n.license_id is null, n.license_class is null, n.model <> n.called, n.model;
