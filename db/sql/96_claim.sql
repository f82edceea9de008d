-- What others say of the market, each with its newest verdict.
create view market.claim as
select
    c.claim_id,
    c.statement,
    c.author,
    c.source,
    v.verdict,
    v.inconsistent,
    v.reason,
    v.computed_value,
    v.confidence,
    v.evidence,
    v.checked_at,
    v.checker_version,
    since.checked_at as verdict_since,
    c.entry ->> 'subject' as subject,
    c.entry ->> 'predicate' as predicate,
    c.entry ->> 'metric' as metric,
    c.entry ->> 'operator' as operator,
    c.entry ->> 'value' as value,
    c.entry ->> 'unit' as unit,
    (c.entry ->> 'as_of')::date as as_of,
    (c.entry ->> 'by')::date as due_on,
    c.added_at
from (select distinct on (claim_id) * from ledger.claim order by claim_id, added_at desc) as c
left join lateral (
    select * from ledger.claim_verdict as w where w.claim_id = c.claim_id order by w.checked_at desc limit 1
) as v on true
left join lateral (
    select w.checked_at from ledger.claim_verdict as w
    where w.claim_id = c.claim_id and w.was is distinct from w.verdict
    order by w.checked_at desc limit 1
) as since on true;

-- Every verdict on every claim.
create view market.claim_verdict as
select
    w.claim_id,
    w.checked_at,
    w.verdict,
    w.was,
    coalesce(w.was <> w.verdict, false) as flipped,
    w.inconsistent,
    w.reason,
    w.computed_value,
    w.confidence,
    w.checker_version
from ledger.claim_verdict as w;

-- Everything that a person should hear of besides prices: what happened to sources, and verdicts that turned.
create view market.alert as
select source, kind, happened_at, what, detail, event_id from market.source_event
union all
select
    'claim ' || w.claim_id,
    'flipped',
    w.checked_at,
    w.claim_id,
    'It was ' || w.was || ' and is ' || w.verdict || ' now: ' || w.reason,
    null
from market.claim_verdict as w
where w.flipped;

-- How often who was right, of what could be decided.
create view market.claim_score as
select
    author,
    source,
    count(*) as claims,
    count(*) filter (where verdict = 'supported') as supported,
    count(*) filter (where verdict = 'mixed') as mixed,
    count(*) filter (where verdict = 'contradicted') as contradicted,
    count(*) filter (where verdict = 'undecidable') as undecidable,
    count(*) filter (where verdict = 'open') as open,
    count(*) filter (where verdict = 'opinion') as opinion,
    count(*) filter (where inconsistent) as inconsistent,
    round(
        100 * (count(*) filter (where verdict = 'supported') + 0.5 * count(*) filter (where verdict = 'mixed'))
        / nullif(count(*) filter (where verdict in ('supported', 'mixed', 'contradicted')), 0), 1
    ) as right_percent
from market.claim
group by author, source;

-- What a person added with a citation.
create view market.fact as
select
    f.id as fact_id,
    f.subject,
    f.metric,
    f.value,
    f.happened_on,
    f.says as source,
    f.url as evidence_url,
    f.added_at
from ledger.fact as f;

comment on view market.claim is 'What others say of the market, normalised, each with its newest verdict and the rows that it rests on.';
comment on column market.claim.claim_id is 'What its file calls it.';
comment on column market.claim.statement is 'What is said, one sentence.';
comment on column market.claim.author is 'Who said it; NULL where not given.';
comment on column market.claim.source is 'Where it was said; NULL where not given.';
comment on column market.claim.verdict is 'supported, contradicted, mixed, undecidable, open (a prediction not yet due) or opinion; NULL before the first check.';
comment on column market.claim.inconsistent is 'Whether it disagrees with its own numbers.';
comment on column market.claim.reason is 'Why, one or two sentences.';
comment on column market.claim.computed_value is 'What was found, with its unit; NULL where nothing was.';
comment on column market.claim.confidence is 'high (two sources or a cited fact), medium or low; NULL where nothing was judged.';
comment on column market.claim.evidence is 'Rows it rests on: kind, subject, metric, value, on, until, source, url, ref.';
comment on column market.claim.checked_at is 'When it was last checked.';
comment on column market.claim.checker_version is 'Version of the checkers.';
comment on column market.claim.verdict_since is 'Check at which the verdict became what it is.';
comment on column market.claim.subject is 'What it is about: author/slug, a series of price floors, or a name.';
comment on column market.claim.predicate is 'What is said of it, one of the kinds that have a checker; NULL where nobody normalised it.';
comment on column market.claim.metric is 'What is counted: meter, benchmark, permission.';
comment on column market.claim.operator is 'How the value is meant: =, ~ (within a tenth), <, <=, >, >=.';
comment on column market.claim.value is 'The value claimed, as written.';
comment on column market.claim.unit is 'Unit of the value.';
comment on column market.claim.as_of is 'Day of which it is said, UTC.';
comment on column market.claim.due_on is 'Last day of a prediction, UTC.';
comment on column market.claim.added_at is 'When it was added.';
comment on view market.claim_verdict is 'Every verdict on every claim, as it was given; flipped marks those that say something else than the one before.';
comment on column market.claim_verdict.claim_id is 'The claim''s.';
comment on column market.claim_verdict.checked_at is 'When it was checked.';
comment on column market.claim_verdict.verdict is 'supported, contradicted, mixed, undecidable, open or opinion.';
comment on column market.claim_verdict.was is 'The verdict before; NULL for the first.';
comment on column market.claim_verdict.flipped is 'Whether it differs from the one before.';
comment on column market.claim_verdict.inconsistent is 'Whether the claim disagrees with its own numbers.';
comment on column market.claim_verdict.reason is 'Why, one or two sentences.';
comment on column market.claim_verdict.computed_value is 'What was found, with its unit.';
comment on column market.claim_verdict.confidence is 'high, medium or low.';
comment on column market.claim_verdict.checker_version is 'Version of the checkers.';
comment on view market.claim_score is 'Claims per author and source by verdict.';
comment on column market.claim_score.author is 'Who said them.';
comment on column market.claim_score.source is 'Where.';
comment on column market.claim_score.claims is 'Number of claims.';
comment on column market.claim_score.supported is 'Number supported.';
comment on column market.claim_score.mixed is 'Number supported in part.';
comment on column market.claim_score.contradicted is 'Number contradicted.';
comment on column market.claim_score.undecidable is 'Number that nothing on record can decide.';
comment on column market.claim_score.open is 'Number of predictions not yet due.';
comment on column market.claim_score.opinion is 'Number of opinions.';
comment on column market.claim_score.inconsistent is 'Number that disagree with their own numbers.';
comment on column market.claim_score.right_percent is 'Percent supported of those supported, mixed (counted half) or contradicted; NULL where there are none.';
comment on view market.fact is 'Facts with a citation that a person added; those that ship with the product are in market/claim_examples.';
comment on column market.fact.fact_id is 'Number of the fact.';
comment on column market.fact.subject is 'What it is about.';
comment on column market.fact.metric is 'What is told.';
comment on column market.fact.value is 'Number, day or license id, exact.';
comment on column market.fact.happened_on is 'Day on which it was so, UTC.';
comment on column market.fact.source is 'Who says so.';
comment on column market.fact.evidence_url is 'Where it can be read.';
comment on column market.fact.added_at is 'When it was added.';

comment on view market.alert is 'Everything that a person should hear of besides prices, each thing once: what happened to sources, and verdicts on claims that turned.';
comment on column market.alert.source is 'Name of the source, or `claim` and the claim''s id.';
comment on column market.alert.kind is 'As in market.source_event, or flipped for a verdict that is another one than before.';
comment on column market.alert.happened_at is 'When it came to be so, or was first seen to be.';
comment on column market.alert.what is 'As in market.source_event; of a verdict the claim''s id.';
comment on column market.alert.detail is 'One sentence.';
comment on column market.alert.event_id is 'Number of the source''s event; NULL for a verdict.';
