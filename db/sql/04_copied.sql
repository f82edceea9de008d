-- Known copies, as facts: whose word a source's price is, for one provider or (NULL) for all others. Sources that copy as a whole say so
-- in their own file (`family`). docs/adr/0008-copies.md says how copies are found, and what stands behind each of these.
create view ledger.copied as
select source, provider, family
from (
    values
    -- OpenRouter's own list is the only place where its prices stand; whoever tracks them read them there.
    ('genai_prices', 'openrouter', 'openrouter'),
    ('litellm', 'openrouter', 'openrouter'),
    ('model_price_hub', 'openrouter', 'openrouter'),
    ('models_dev', 'openrouter', 'openrouter'),
    ('portkey', 'openrouter', 'openrouter'),
    -- model-price-hub names where it read each row: three of four in LiteLLM's file, but for the providers whose pages it reads itself.
    ('model_price_hub', null, 'litellm'),
    ('model_price_hub', 'aliyun', 'model_price_hub'),
    ('model_price_hub', 'anthropic', 'model_price_hub'),
    ('model_price_hub', 'baidu', 'model_price_hub'),
    ('model_price_hub', 'bytedance', 'model_price_hub'),
    ('model_price_hub', 'deepseek', 'model_price_hub'),
    ('model_price_hub', 'google', 'model_price_hub'),
    ('model_price_hub', 'ppio', 'model_price_hub'),
    ('model_price_hub', 'siliconflow', 'model_price_hub'),
    ('model_price_hub', 'tencent', 'model_price_hub'),
    ('model_price_hub', 'volcengine', 'model_price_hub'),
    ('model_price_hub', 'zhipuai', 'model_price_hub')
) as facts (source, provider, family);

-- Whose word it is what a source says of a provider: sources of one family count as one.
create view ledger.voice as
select p.source_id, p.provider_id, coalesce(own.family, others.family, src.family) as family
from (select distinct source_id, provider_id from ledger.offer) as p
inner join ledger.source as src on src.id = p.source_id
left join ledger.copied as own on own.source = src.name and own.provider = p.provider_id
left join ledger.copied as others on others.source = src.name and others.provider is null;
