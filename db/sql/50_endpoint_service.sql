-- How endpoints served over time, as sources measured it.
create view market.endpoint_service as
select
    o.model,
    o.provider_id as provider,
    o.endpoint,
    s.seen_at,
    s.ttft_ms_p50,
    s.tps_p50,
    s.uptime_1d,
    s.uptime_30m,
    src.name as source,
    o.provider || '/' || o.model_key as source_key,
    o.thing
from ledger.service as s
inner join ledger.offer as o on o.id = s.offer_id
inner join ledger.source as src on src.id = o.source_id;

comment on view market.endpoint_service is 'Speed and uptime of API endpoints over time, as a source measured it; its word, not ours.';
comment on column market.endpoint_service.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.endpoint_service.provider is 'Who bills, one spelling for all sources.';
comment on column market.endpoint_service.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.endpoint_service.seen_at is 'When it was read.';
comment on column market.endpoint_service.ttft_ms_p50 is 'Median time to first token, milliseconds.';
comment on column market.endpoint_service.tps_p50 is 'Median throughput, tokens per second.';
comment on column market.endpoint_service.uptime_1d is 'Uptime of the last day, percent.';
comment on column market.endpoint_service.uptime_30m is 'Uptime of the last 30 minutes, percent.';
comment on column market.endpoint_service.source is 'The source that measured it.';
comment on column market.endpoint_service.source_key is 'PROVIDER/MODEL as that source spells both.';
comment on column market.endpoint_service.thing is 'What is on sale, the same text for every source that lists it.';
