-- How often authors release, by days that sources state, in the last two years; several models of one day are one release.
create view market.cadence as
with days as (
    select author, open_weights, released_on, count(distinct coalesce(resolved_model, model)) as models
    from market.model
    where released_on_basis = 'stated' and open_weights is not null and released_on > current_date - 730 and released_on <= current_date
    group by author, open_weights, released_on
)

select
    author,
    (select a.country from ledger.author as a where a.author = days.author) as country,
    open_weights,
    count(*) as releases,
    sum(models)::bigint as models,
    min(released_on) as first_on,
    max(released_on) as last_on,
    case when count(*) > 1 then round((max(released_on) - min(released_on)) / (count(*) - 1.0), 1) end as days_between
from days
group by author, open_weights;

comment on view market.cadence is 'Author x side: how often it releases, by the release days of the last two years that sources state.';
comment on column market.cadence.author is 'Who made the models.';
comment on column market.cadence.country is 'ISO 3166-1 alpha-2 code of the author''s seat; NULL where not reviewed.';
comment on column market.cadence.open_weights is 'Whether the weights are published; an author with both has a row for each.';
comment on column market.cadence.releases is 'Days with a release in the last two years.';
comment on column market.cadence.models is 'Models released on these days.';
comment on column market.cadence.first_on is 'First of these days, UTC.';
comment on column market.cadence.last_on is 'Last of these days, UTC.';
comment on column market.cadence.days_between is 'Mean days from one of them to the next; NULL where there is one only.';
