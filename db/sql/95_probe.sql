-- What we measured: per artifact, machine and test the newest result that may be published, beside the highest claim of the same.
create view market.probe as
with newest as (
    select distinct on (p.sha256, p.machine_id, p.settings, r.test)
        p.id,
        p.sha256,
        p.machine_id,
        p.made_at,
        p.build,
        p.settings,
        p.bytes_per_s,
        p.ttft_ms,
        p.itl_ms,
        p.joules_per_token,
        r.test,
        r.tps,
        r.tps_lo,
        r.tps_hi,
        r.limit_tps,
        r.sessions,
        r.repetitions,
        r.verdict
    from ledger.probe as p
    inner join ledger.probe_result as r on r.probe_id = p.id
    where r.verdict <> 'noisy'
    order by p.sha256, p.machine_id, p.settings, r.test, p.made_at desc, p.id desc
)

select
    a.model,
    coalesce(a.repository || ':', '') || a.file as artifact,
    a.quantization,
    m.name as machine,
    n.test,
    n.tps,
    n.tps_lo,
    n.tps_hi,
    n.limit_tps,
    n.tps / nullif(n.limit_tps, 0) as roofline_share,
    c.claimed_tps,
    case
        when c.claimed_tps is null then n.verdict
        when c.claimed_tps between n.tps_lo * 0.98 and n.tps_hi * 1.02 or c.claimed_tps < n.tps_lo * 0.91 then 'verified'
        when c.claimed_tps between n.tps_lo * 0.91 and n.tps_hi * 1.09 then 'within_noise'
        else 'refuted'
    end as verdict,
    n.ttft_ms,
    n.itl_ms,
    n.joules_per_token,
    n.bytes_per_s,
    a.token_bytes,
    a.size as weights_bytes,
    a.cache_bytes,
    n.settings,
    n.build,
    n.sessions,
    n.repetitions,
    n.made_at,
    n.machine_id,
    a.sha256
from newest as n
inner join ledger.artifact as a on a.sha256 = n.sha256
inner join ledger.machine as m on m.machine_id = n.machine_id
left join lateral (
    select max(t.tps) as claimed_tps
    from ledger.throughput_claim as t
    where
        not t.withdrawn and t.streams = 1 and t.test = n.test and lower(t.model) = a.model and lower(t.hardware) = lower(m.name)
        and upper(t.quantization) = a.quantization
) as c on true;

comment on view market.probe is 'Tokens a second that we measured, newest publishable result per artifact, machine, settings and test.';
comment on column market.probe.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.probe.artifact is 'Repository and file, or the file alone where it came from no repository.';
comment on column market.probe.quantization is 'How most weights are stored, such as Q4_K.';
comment on column market.probe.machine is 'Accelerators of the machine, else its processor.';
comment on column market.probe.test is 'pp512: a prompt of 512 tokens; tg128: 128 tokens generated; @ d2048: behind 2,048 others.';
comment on column market.probe.tps is 'Tokens a second, mean over sessions.';
comment on column market.probe.tps_lo is 'Lower end of its 95% interval.';
comment on column market.probe.tps_hi is 'Upper end of its 95% interval.';
comment on column market.probe.limit_tps is 'Tokens a second that the machine can make at most (the roofline); NULL where its edges are unknown.';
comment on column market.probe.roofline_share is 'Measured over possible, 0 to 1.';
comment on column market.probe.claimed_tps is 'The highest claim for one answer at a time, of this model, quantization, hardware and test; tokens a second.';
comment on column market.probe.verdict is 'verified, within_noise or refuted where somebody claims it; else measured (±2%) or imprecise (wider).';
comment on column market.probe.ttft_ms is 'Time to the first word of a short chat, milliseconds.';
comment on column market.probe.itl_ms is 'Time between its later words, milliseconds, median.';
comment on column market.probe.joules_per_token is 'Energy of the accelerators a token, joules; NULL where they do not count it.';
comment on column market.probe.bytes_per_s is 'Memory bandwidth, bytes a second: measured, or the data sheet''s of an accelerator.';
comment on column market.probe.token_bytes is 'Bytes of weights read for every decoded token.';
comment on column market.probe.weights_bytes is 'Bytes of all tensors; what has to fit.';
comment on column market.probe.cache_bytes is 'Bytes that one earlier token adds to every later one''s reading.';
comment on column market.probe.settings is 'Threads, layers on accelerators, batch sizes, flash attention (-1 is automatic).';
comment on column market.probe.build is 'What measured, with its version.';
comment on column market.probe.sessions is 'Sessions used, each a process of its own.';
comment on column market.probe.repetitions is 'Repetitions used.';
comment on column market.probe.made_at is 'When it was done.';
comment on column market.probe.machine_id is 'Fingerprint, the same for machines of one make.';
comment on column market.probe.sha256 is 'SHA-256 of the file, or of its parts'' hashes.';
