-- What the providers of one model ask, lowest to highest: each provider by its cheapest endpoint; what is free or not priced is left out.
create view market.provider_spread as
with asked as (
    select model, meter, provider, min(price_usd) as usd
    from market.price
    where
        model is not null and plan = 'standard' and condition is null and price_usd > 0
        and meter in ('input_mtok', 'output_mtok')
    group by model, meter, provider
)

select
    model,
    meter,
    count(*) as providers,
    min(usd) as lowest_usd,
    (array_agg(provider order by usd, provider))[1] as lowest_provider,
    max(usd) as highest_usd,
    (array_agg(provider order by usd desc, provider))[1] as highest_provider,
    trim_scale(round(max(usd) / min(usd), 6)) as ratio,
    trim_scale((percentile_disc(0.5) within group (order by usd) + percentile_disc(0.5) within group (order by usd desc)) / 2) as median_usd
from asked
group by model, meter;

comment on view market.provider_spread is 'What the providers of one model ask for input and output, lowest to highest: standard plan, no condition, each provider by its cheapest endpoint.';
comment on column market.provider_spread.model is 'Canonical author/slug.';
comment on column market.provider_spread.meter is 'input_mtok or output_mtok; prices are USD per million of these tokens.';
comment on column market.provider_spread.providers is 'Providers with a price above 0.';
comment on column market.provider_spread.lowest_usd is 'Lowest price, USD per the meter''s unit.';
comment on column market.provider_spread.lowest_provider is 'Who asks it; of several the first by name.';
comment on column market.provider_spread.highest_usd is 'Highest price, USD per the meter''s unit.';
comment on column market.provider_spread.highest_provider is 'Who asks it; of several the first by name.';
comment on column market.provider_spread.ratio is 'Highest over lowest.';
comment on column market.provider_spread.median_usd is 'Middle price, USD per the meter''s unit; of an even number the mean of the middle two.';
