-- Every attempt to collect a source.
create view market.run as
select
    r.id as run_id,
    src.name as source,
    r.scheduled_for,
    r.started_at,
    r.finished_at,
    r.outcome,
    r.reason,
    r.pages,
    r.records,
    r.quotes,
    r.withdrawn,
    r.quarantined,
    r.unknown_keys,
    r.seconds
from ledger.run as r
inner join ledger.source as src on src.id = r.source_id;

comment on view market.run is 'Every attempt to collect a source, and what came of it.';
comment on column market.run.run_id is 'Number of the run.';
comment on column market.run.source is 'Name of the source.';
comment on column market.run.scheduled_for is 'Tick of the clock it answers; NULL when a person asked.';
comment on column market.run.started_at is 'When the crawl began.';
comment on column market.run.finished_at is 'When its outcome was known; NULL while it runs.';
comment on column market.run.outcome is 'complete, unchanged, partial, failed, quarantined, skipped or aborted.';
comment on column market.run.reason is 'One plain sentence where the outcome is not complete.';
comment on column market.run.pages is 'Pages answered, unchanged ones included.';
comment on column market.run.records is 'Records read.';
comment on column market.run.quotes is 'Price statements written.';
comment on column market.run.withdrawn is 'Price statements withdrawn.';
comment on column market.run.quarantined is 'Price statements that this run made to be held.';
comment on column market.run.unknown_keys is 'Names of price keys that the source file does not map.';
comment on column market.run.seconds is 'Wall time, seconds.';
