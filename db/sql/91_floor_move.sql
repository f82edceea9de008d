-- Price floors move by move: a row from each day on which anything about one changed until the next; market.price_floor day by day.
create view market.floor_move as
select
    d.series,
    s.says,
    d.day as from_on,
    lead(d.day) over (partition by d.series order by d.day) as to_on,
    d.floor_usd,
    d.second_usd,
    d.n_within_10pct,
    d.model,
    d.provider,
    d.reason,
    d.agreement,
    d.held_usd,
    d.thing
from ledger.floor_day as d
left join ledger.floor_series as s on s.series = split_part(d.series, ' ', 1);

comment on view market.floor_move is 'Price floors move by move: a row from each UTC day on which anything about one changed until the next.';
comment on column market.floor_move.series is 'Family or model, and meter: `chat output_mtok`, `deepseek/deepseek-chat blend_3to1`.';
comment on column market.floor_move.says is 'What competes, in words; NULL for a model''s own.';
comment on column market.floor_move.from_on is 'First UTC day on whose end it stood so.';
comment on column market.floor_move.to_on is 'First UTC day on whose end it no longer did; NULL while it stands.';
comment on column market.floor_move.floor_usd is 'Lowest confirmed ask, USD per million tokens; NULL where nothing competes.';
comment on column market.floor_move.second_usd is 'Next higher ask, USD per million tokens.';
comment on column market.floor_move.n_within_10pct is 'Things that ask at most a tenth more, the floor''s own included.';
comment on column market.floor_move.model is 'Canonical author/slug of what sets it.';
comment on column market.floor_move.provider is 'Who sells it.';
comment on column market.floor_move.reason is 'Why the floor last moved: start, entry, coverage, return, cut, rise, withdrawal, confirmed.';
comment on column market.floor_move.agreement is 'Independent sources that give the amount.';
comment on column market.floor_move.held_usd is 'Lowest ask that was passed over as unconfirmed.';
comment on column market.floor_move.thing is 'What sets it, the same text for every source that lists it.';
