-- A card's tag that became another one, and a license file that did.
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
),

-- Behind a gate nothing is seen, which is no change; a card is changed for many reasons, and its tag is followed above.
asked as (
    select
        f.*,
        lag(f.sha256) over w as before,
        row_number() over w as place
    from ledger.license_file as f
    where f.status not in (401, 403) and f.file <> 'README.md'
    window w as (partition by f.repository, f.file order by f.asked_at)
),

named as (
    select distinct on (lower(l.repository)) lower(l.repository) as repository, l.model
    from ledger.model_license as l order by lower(l.repository), l.model
)

select
    coalesce(u.model, u.model_key) as model, d.seen_at as changed_at, d.before as old_tag, d.tag as new_tag, s.name as source, 'tag' as kind,
    null as text_file, null as text_revision, null as old_license_id, null as new_license_id, null as old_sha256, null as new_sha256
from said as d
inner join ledger.subject as u on u.id = d.subject_id
inner join ledger.source as s on s.id = u.source_id
where not d.gone and d.was_gone = false and d.tag is distinct from d.before
union all
select
    coalesce(n.model, f.repository), f.asked_at, null, null, s.name, 'text',
    f.file, f.revision, o.license_id, r.license_id, encode(f.before, 'hex'), encode(f.sha256, 'hex')
from asked as f
inner join ledger.source as s on s.id = f.source_id
left join named as n on n.repository = f.repository
left join ledger.license_reading as o on o.sha256 = f.before
left join ledger.license_reading as r on r.sha256 = f.sha256
where f.place > 1 and f.sha256 is distinct from f.before;

comment on view market.license_change is 'One row per change of a model''s declared license tag, and of the bytes of a license file in its repository.';
comment on column market.license_change.model is 'Canonical author/slug, else the source''s own id.';
comment on column market.license_change.changed_at is 'When the new tag or text was first seen.';
comment on column market.license_change.old_tag is 'Tag before; NULL where there was none, and for a text.';
comment on column market.license_change.new_tag is 'Tag since; NULL where it was taken away, and for a text.';
comment on column market.license_change.source is 'Who says so.';
comment on column market.license_change.kind is 'tag (the card''s license tag) or text (the bytes of a license file).';
comment on column market.license_change.text_file is 'Name of the license file; NULL for a tag.';
comment on column market.license_change.text_revision is 'Commit at which the new bytes were read; NULL for a tag.';
comment on column market.license_change.old_license_id is 'License that the old text is; NULL where it was not reviewed, and for a tag.';
comment on column market.license_change.new_license_id is 'License that the new text is; NULL where it was not reviewed, and for a tag.';
comment on column market.license_change.old_sha256 is 'Hash of the old bytes, kept in the ledger; NULL where the file was not there, and for a tag.';
comment on column market.license_change.new_sha256 is 'Hash of the new bytes, kept in the ledger; NULL where the file is no longer there, and for a tag.';
