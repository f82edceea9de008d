-- Rates that others claim: as imported, with our verdict, and what a source measured of API endpoints, which say no hardware.
create view market.throughput_claim as
select
    t.model, t.quantization, t.hardware, t.test, t.streams, t.tps, t.source, t.added_at as claimed_at, t.verdict, t.reason, t.checked_at,
    null::text as provider,
    null::text as thing
from ledger.throughput_claim as t
where not t.withdrawn
union all
select
    s.model, s.quantization, null, 'tg', 1, s.tps_p50::double precision, s.source, s.seen_at, null,
    'An API does not say on what hardware it answers.', null, s.provider, s.thing
from (
    select distinct on (e.thing, e.source) e.*, w.quantization
    from market.endpoint_service as e left join market.offer_wide as w on w.thing = e.thing
    where e.tps_p50 > 0
    order by e.thing, e.source, e.seen_at desc
) as s;

comment on view market.throughput_claim is 'Tokens a second that others claim, imported or measured by a source at an API, with our verdict where something decides.';
comment on column market.throughput_claim.model is 'As claimed; canonical author/slug where it is one.';
comment on column market.throughput_claim.quantization is 'As claimed; NULL where it is not said.';
comment on column market.throughput_claim.hardware is 'As its driver names it where that is known, else as claimed; NULL for an API.';
comment on column market.throughput_claim.test is 'pp512, tg128, tg128 @ d2048; pp and tg alone for a mean over several lengths.';
comment on column market.throughput_claim.streams is 'Answers made at once; 1 for an API, of which one answer was timed.';
comment on column market.throughput_claim.tps is 'Tokens a second, of all those answers together.';
comment on column market.throughput_claim.source is 'Who claims it.';
comment on column market.throughput_claim.claimed_at is 'When it was written down here, or read.';
comment on column market.throughput_claim.verdict is 'On the same hardware verified, within_noise or refuted; on other possible, implausible or impossible; NULL undecided.';
comment on column market.throughput_claim.reason is 'Why, one sentence.';
comment on column market.throughput_claim.checked_at is 'When it was last judged; NULL for an API.';
comment on column market.throughput_claim.provider is 'Who sells it; NULL for what is no API.';
comment on column market.throughput_claim.thing is 'What is on sale, as in market.price; NULL for what is no API.';
