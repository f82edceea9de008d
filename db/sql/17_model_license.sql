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
    case when l.text_sha256 is null then 'https://huggingface.co/' || l.repository else l.text_url end as evidence_url,
    encode(l.text_sha256, 'hex') as text_sha256,
    l.seen_at,
    l.repository,
    l.text_file,
    l.text_revision,
    l.text_match,
    r.nearest_id as text_nearest_id,
    nullif(array_to_string(r.flags, ', '), '') as text_flags,
    (select min(f.asked_at) from ledger.license_file as f where f.sha256 = l.text_sha256 and f.repository = lower(l.repository)) as text_seen_at,
    r.said as text_said
from ledger.model_license as l
inner join ledger.subject as u on u.id = l.subject_id
inner join ledger.source as s on s.id = u.source_id
left join ledger.license_reading as r on r.sha256 = l.text_sha256;

comment on view market.model_license is 'Model x evidence: the license of its text, else of its card''s tag, and the most restrictive one along the model''s descent.';
comment on column market.model_license.model is 'Canonical author/slug.';
comment on column market.model_license.license_id is 'License that the evidence names; NULL where it names none that is known.';
comment on column market.model_license.license_class is 'Class of that; unknown where the tag says nothing, or a text was not reviewed.';
comment on column market.model_license.basis is
'What it rests on: text (a reviewed text), unreviewed (a text that nobody reviewed), card (a license that the card holds whole, or names where there is no tag), tag_only (the card''s tag), family (what the author states of all its kind) or nothing.';
comment on column market.model_license.declared is 'Tag as given; NULL where there is none.';
comment on column market.model_license.effective_id is 'License that binds along the descent; NULL where it is not known.';
comment on column market.model_license.effective_class is 'Most restrictive class of its own and all its ancestors''.';
comment on column market.model_license.commercial_use is 'yes, limited, no or unknown, along the descent.';
comment on column market.model_license.comes_from is 'Repository whose license binds.';
comment on column market.model_license.conflict is
'laundering_suspect (declared less than the lineage suggests), base_unknown, naming_duty_unmet, lineage_cycle, text_differs (the tag names another license than the text), text_unreviewed, card_differs (the card''s words name another license), card_restricts (the card''s words forbid what its license allows); NULL where none.';
comment on column market.model_license.source is 'Who carries the evidence.';
comment on column market.model_license.evidence_url is 'The license file at its revision where one is kept, else the repository at the Hub.';
comment on column market.model_license.text_sha256 is 'Hash of the license file''s bytes, kept in the ledger; NULL where none of this repository is kept.';
comment on column market.model_license.seen_at is 'Since when the evidence stands so.';
comment on column market.model_license.repository is 'Id of the repository that the evidence is about, as the Hub spells it.';
comment on column market.model_license.text_file is 'Name of the license file or card it rests on, or of the license file that was asked for; NULL without one.';
comment on column market.model_license.text_revision is 'Commit of the repository that the file was asked for at.';
comment on column market.model_license.text_match is
'What the text is: identical or embedded (a reviewed one), variant or unknown (to be reviewed), gated or missing (no text came).';
comment on column market.model_license.text_nearest_id is 'License that the text is, holds or resembles; NULL where none is like it.';
comment on column market.model_license.text_flags is 'What words of a text to be reviewed, or of a card, hint at; they decide nothing. NULL where nothing.';
comment on column market.model_license.text_seen_at is 'When these bytes were first read in this repository; NULL where none are kept.';
comment on column market.model_license.text_said is 'License that the words of the card name; NULL where they name none, and for a license file.';
