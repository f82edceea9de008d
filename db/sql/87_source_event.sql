-- What happened to sources besides prices, each thing once.
create view market.source_event as
select
    e.id as event_id,
    s.name as source,
    e.kind,
    e.happened_at,
    e.what,
    e.detail,
    e.run_id
from ledger.event as e
inner join ledger.source as s on s.id = e.source_id;

-- On what terms each source is read, and what its hosts' robots.txt said of it last.
create view market.source_policy as
select
    s.name as source,
    s.license,
    s.attribution,
    s.rate_limit,
    asked.hosts,
    case
        when asked.refusal like '%forbids%' then 'forbids'
        when asked.refusal like '%asks for%' then 'too slow'
        when asked.refusal is not null then 'no answer'
        when asked.answered then 'allows'
    end as robots,
    asked.refusal as robots_said,
    asked.asked_at as robots_asked_at,
    s.experimental
from ledger.source as s
left join lateral (
    select r.id from ledger.run as r
    where r.source_id = s.id and exists (select from ledger.fetch as f where f.run_id = r.id and f.fetched_at >= r.started_at)
    order by r.started_at desc limit 1
) as last on true
left join lateral (
    select
        array_agg(distinct substring(f.url from '^[a-z]+://([^/?#]+)')) as hosts,
        max(f.reason) filter (where f.reason like 'robots.txt of %') as refusal,
        bool_or(f.status is not null) as answered,
        max(f.fetched_at) as asked_at
    from ledger.fetch as f where f.run_id = last.id
) as asked on true;

comment on view market.source_event is 'What happened to sources besides prices, each thing once: silence, announced ends, pages of another shape.';
comment on column market.source_event.event_id is 'Number of the event.';
comment on column market.source_event.source is 'Name of the source.';
comment on column market.source_event.kind is 'stale, failed, recovered, sunset, deprecation, new_key, lost_key or retyped_key.';
comment on column market.source_event.happened_at is 'When it came to be so, or was first seen to be.';
comment on column market.source_event.what is 'The start page that announces its end, or the path of the key; NULL for the source as a whole.';
comment on column market.source_event.detail is 'One sentence.';
comment on column market.source_event.run_id is 'The first run that saw it; NULL where the clock did.';
comment on view market.source_policy is 'On what terms each source is read: license, attribution, rate limit, robots.txt.';
comment on column market.source_policy.source is 'Name of the source.';
comment on column market.source_policy.license is 'License of the source''s data.';
comment on column market.source_policy.attribution is 'The attribution line its terms ask for.';
comment on column market.source_policy.rate_limit is 'Its stated rate limit.';
comment on column market.source_policy.hosts is 'Hosts that its last run asked.';
comment on column market.source_policy.robots is 'What robots.txt said in that run: allows, forbids, too slow, no answer (then nothing is fetched); NULL where none was asked.';
comment on column market.source_policy.robots_said is 'The refusal, one sentence; NULL where there was none.';
comment on column market.source_policy.robots_asked_at is 'When it was asked.';
comment on column market.source_policy.experimental is 'No page of it has been recorded yet.';
