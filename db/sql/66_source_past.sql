-- Which sources have a past that was read from a data repository, how far back it goes, and when it was loaded.
create view market.source_past as
select
    src.name as source,
    count(distinct sg.commit) as commits,
    min(sg.seen_at) as since,
    max(sg.seen_at) as until,
    max(r.finished_at) as loaded_at
from ledger.sighting as sg
inner join ledger.scope as sc on sc.id = sg.scope_id
inner join ledger.source as src on src.id = sc.source_id
left join ledger.run as r on r.id = sg.run_id
where sg.commit is not null
group by src.name;

comment on view market.source_past is 'The past of each source as read from a data repository''s git log; sources without one have no row.';
comment on column market.source_past.source is 'Name of the source.';
comment on column market.source_past.commits is 'Commits at which any of its files was seen.';
comment on column market.source_past.since is 'Committer date of the first.';
comment on column market.source_past.until is 'Committer date of the last.';
comment on column market.source_past.loaded_at is 'When a load last added to it.';
