-- What is declared of each model's license, on which evidence, and what holds along its descent.
create view market.model_license as
select
    l.model,
    l.license_id,
    l.license_class,
    l.basis,
    l.declared,
    l.effective_id,
    l.effective_class,
    l.commercial_use,
    l.comes_from,
    nullif(array_to_string(l.flags, ', '), '') as conflict,
    s.name as source,
    'https://huggingface.co/' || l.repository as evidence_url,
    null::text as text_sha256,
    l.seen_at
from ledger.model_license as l
inner join ledger.subject as u on u.id = l.subject_id
inner join ledger.source as s on s.id = u.source_id;

comment on view market.model_license is 'Model x evidence: the license a card declares, and the most restrictive one along the model''s descent.';
comment on column market.model_license.model is 'Canonical author/slug.';
comment on column market.model_license.license_id is 'License that the evidence names; NULL where it names none that is known.';
comment on column market.model_license.license_class is 'Class of what is declared; unknown where the tag says nothing.';
comment on column market.model_license.basis is
'What it rests on: tag_only (the card''s tag), family (what the author states of all its kind) or nothing.';
comment on column market.model_license.declared is 'Tag as given; NULL where there is none.';
comment on column market.model_license.effective_id is 'License that binds along the descent; NULL where it is not known.';
comment on column market.model_license.effective_class is 'Most restrictive class of its own and all its ancestors''.';
comment on column market.model_license.commercial_use is 'yes, limited, no or unknown, along the descent.';
comment on column market.model_license.comes_from is 'Repository whose license binds.';
comment on column market.model_license.conflict is
'laundering_suspect (declared less than the lineage suggests), base_unknown, naming_duty_unmet, lineage_cycle; NULL where none.';
comment on column market.model_license.source is 'Who carries the evidence.';
comment on column market.model_license.evidence_url is 'The repository at the Hub.';
comment on column market.model_license.text_sha256 is 'Hash of the license text''s words; NULL until a text of this repository is kept.';
comment on column market.model_license.seen_at is 'Since when the evidence stands so.';

-- A card's tag that became another one.
create view market.license_change as
with said as (
    select
        c.subject_id,
        c.seen_at,
        c.gone,
        c.facts ->> 'license_tag' as tag,
        lag(c.facts ->> 'license_tag') over w as before,
        lag(c.gone) over w as was_gone
    from ledger.card as c
    window w as (partition by c.subject_id order by c.seen_at, c.scope_id)
)

select coalesce(u.model, u.model_key) as model, d.seen_at as changed_at, d.before as old_tag, d.tag as new_tag, s.name as source
from said as d
inner join ledger.subject as u on u.id = d.subject_id
inner join ledger.source as s on s.id = u.source_id
where not d.gone and d.was_gone = false and d.tag is distinct from d.before;

comment on view market.license_change is 'One row per change of a model''s declared license tag.';
comment on column market.license_change.model is 'Canonical author/slug, else the source''s own id.';
comment on column market.license_change.changed_at is 'When the new tag was first seen.';
comment on column market.license_change.old_tag is 'Tag before; NULL where there was none.';
comment on column market.license_change.new_tag is 'Tag since; NULL where it was taken away.';
comment on column market.license_change.source is 'Who says so.';
