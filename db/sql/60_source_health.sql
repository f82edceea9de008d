-- One row per source: when it last worked, how late it is, what its last run came to.
create view market.source_health as
select
    src.name as source,
    good.finished_at as last_success,
    now() - good.finished_at as age,
    src.expected_every,
    last.outcome as last_outcome,
    last.reason as last_reason,
    last.started_at as last_run_at,
    good.records,
    coalesce(held.n, 0) as quarantined,
    case
        when good.finished_at is null then 'never'
        when now() - good.finished_at > src.fail_after then 'failed'
        when now() - good.finished_at > src.expected_every * 1.5 then 'stale'
        else 'fresh'
    end as standing,
    src.fail_after,
    src.trust,
    src.cadence,
    src.experimental,
    src.license,
    src.attribution,
    src.rate_limit
from ledger.source as src
left join lateral (
    select r.finished_at, r.records from ledger.run as r
    where
        r.source_id = src.id and r.outcome in ('complete', 'unchanged', 'partial')
        -- A backfill, or a page read again, says nothing about today.
        and exists (select from ledger.fetch as f where f.run_id = r.id and f.fetched_at >= r.started_at)
    order by r.finished_at desc limit 1
) as good on true
left join lateral (
    select r.outcome, r.reason, r.started_at from ledger.run as r
    where r.source_id = src.id and r.finished_at is not null
    order by r.started_at desc limit 1
) as last on true
left join lateral (
    select count(*) as n from ledger.standing as st
    inner join ledger.scope as sc on sc.id = st.scope_id
    where sc.source_id = src.id and st.held is not null and not st.gone
) as held on true;

comment on view market.source_health is 'One row per source: when it last worked, how late it is, what its last run came to.';
comment on column market.source_health.source is 'Name of the source.';
comment on column market.source_health.last_success is 'End of the last run that brought or confirmed anything.';
comment on column market.source_health.age is 'Time since then.';
comment on column market.source_health.expected_every is 'Longest time between two rings of its cadence.';
comment on column market.source_health.last_outcome is 'Outcome of the last finished run.';
comment on column market.source_health.last_reason is 'Its reason, one sentence; NULL where it was complete.';
comment on column market.source_health.last_run_at is 'When that run began.';
comment on column market.source_health.records is 'Records of the last successful run.';
comment on column market.source_health.quarantined is 'Price statements that stand and are held.';
comment on column market.source_health.standing is 'fresh, stale, failed or never.';
comment on column market.source_health.fail_after is 'Age at which the source counts as failed.';
comment on column market.source_health.trust is '1 the provider''s page, 2 its API, 3 a marketplace, 4 a tracker.';
comment on column market.source_health.cadence is 'Cron expression in UTC.';
comment on column market.source_health.experimental is 'No page of it has been recorded yet.';
comment on column market.source_health.license is 'License of the source''s data.';
comment on column market.source_health.attribution is 'The attribution line its terms ask for.';
comment on column market.source_health.rate_limit is 'Its stated rate limit.';
