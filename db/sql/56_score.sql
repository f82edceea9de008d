-- How models did in tests: the newest result of each name under each effort, with who says so.
create view market.score as
with dated as (
    select s.*, min(s.day) over results as first_on, max(s.day) over results as last_on
    from ledger.score as s
    window results as (partition by s.subject_id, s.benchmark, s.effort, s.harness)
)

select
    al.model,
    n.benchmark,
    n.effort,
    n.harness,
    n.self_reported,
    n.value,
    n.low,
    n.high,
    n.day as measured_on,
    n.first_on,
    src.name as source,
    u.model_key,
    coalesce(al.basis, 'unresolved') as basis,
    (
        select (c.facts ->> 'open_weights')::boolean from ledger.carded as c
        where c.subject_id = n.subject_id and not c.gone
        order by c.seen_at desc limit 1
    ) as open_weights
from dated as n
inner join ledger.subject as u on u.id = n.subject_id
inner join ledger.source as src on src.id = u.source_id
left join ledger.alias as al on al.provider_id = '' and al.name = u.model_key
where n.day = n.last_on;

comment on view market.score is 'Model x test: the newest result of each name under each effort, one row per source; it counts for a model only where the name says that very model and variant.';
comment on column market.score.model is 'Canonical author/slug that the tested name stands for, as in market.alias; NULL while unresolved.';
comment on column market.score.benchmark is
'The test: aa_intelligence, aa_coding, aa_agentic (indices of Artificial Analysis, 0 to 100), arena_text (points of LMArena''s rating; 400 more are ten times the odds) or open_llm_average, _ifeval, _bbh, _math, _gpqa, _musr, _mmlu_pro (second Open LLM Leaderboard, 0 to 100).';
comment on column market.score.effort is 'How hard it was let think, as the source spells it; NULL where that is not said.';
comment on column market.score.harness is 'Who or what ran the test; NULL where the source does not name it.';
comment on column market.score.self_reported is 'Said by the model''s author; NULL where it is not said who measured.';
comment on column market.score.value is 'The result, in the test''s own unit.';
comment on column market.score.low is 'Lower bound of the source''s interval, in the same unit; LMArena''s are of 95%.';
comment on column market.score.high is 'Upper bound of that interval.';
comment on column market.score.measured_on is 'UTC day that the source states for it, else the day it was read.';
comment on column market.score.first_on is 'First UTC day with a result under this name.';
comment on column market.score.source is 'The source that states it.';
comment on column market.score.model_key is 'What was tested, as that source spells it.';
comment on column market.score.basis is 'What the model rests on, as in market.alias; unresolved where there is none.';
comment on column market.score.open_weights is 'Whether that source says that the weights are published; NULL where it does not say.';
