-- What models' training took; a name without a number could be any of an author's models and counts for none.
create view market.training as
select distinct on (a.model)
    a.model,
    (c.facts ->> 'training_flop')::numeric as training_flop,
    (c.facts ->> 'training_datapoints')::numeric as training_datapoints,
    (c.facts ->> 'released_on')::date as published_on,
    s.name as source,
    u.model_key,
    c.seen_at
from ledger.carded as c
inner join ledger.subject as u on u.id = c.subject_id
inner join ledger.source as s on s.id = u.source_id
inner join ledger.alias as a on a.provider_id = '' and a.name = u.model_key and a.model is not null
where not c.gone and u.model_key ~ '[0-9]' and coalesce(c.facts ->> 'training_flop', c.facts ->> 'training_datapoints') is not null
order by a.model, c.facts ->> 'training_flop' is null, u.model_key;

comment on view market.training is 'What the training of a model took, as its source estimates it: Epoch AI''s table; only where a name says that very model.';
comment on column market.training.model is 'Canonical author/slug that the name stands for, as in market.alias.';
comment on column market.training.training_flop is 'Operations that the training took; NULL where not estimated.';
comment on column market.training.training_datapoints is
'What it was trained on, as the source counts it: tokens, or words, of a language model, and other things of others; NULL where not known.';
comment on column market.training.published_on is 'UTC day of the publication that tells of the model; NULL where not known.';
comment on column market.training.source is 'Who says so.';
comment on column market.training.model_key is 'The model, as that source writes it.';
comment on column market.training.seen_at is 'Since when it says so, as first seen here.';
