"""A provider's model id to who bills, which model it is, and what is on sale; only from what is stated, never by likeness.

Facts kept here by hand: spellings of one provider, spellings of one author, and which providers sell what they make.
"""

from typing import NamedTuple

PROVIDERS = {
    "aws": "amazon-bedrock",
    "azure-ai": "azure-ai",
    "azure-openai": "azure",
    "azure-text": "azure",
    "bedrock": "amazon-bedrock",
    "bedrock-converse": "amazon-bedrock",
    "cloudflare": "cloudflare-workers-ai",
    "workers-ai": "cloudflare-workers-ai",
    "clf-ai-gateway": "cloudflare-ai-gateway",
    "codestral": "mistral",
    "cohere-chat": "cohere",
    "dashscope": "alibaba",
    "fireworks": "fireworks-ai",
    "fireworks-ai-embedding-models": "fireworks-ai",
    "friendliai": "friendli",
    "gemini": "google",
    "jina-ai": "jina",
    "mistral-ai": "mistral",
    "moonshot": "moonshotai",
    "moonshot-ai": "moonshotai",
    "novita-ai": "novita",
    "nvidia-nim": "nvidia",
    "perplexity-ai": "perplexity",
    "stability": "stability-ai",
    "text-completion-codestral": "mistral",
    "text-completion-inception": "inception",
    "text-completion-openai": "openai",
    "together": "together-ai",
    "togetherai": "together-ai",
    "vercel-ai-gateway": "vercel",
    "vertex-ai": "google-vertex",
    "google-vertex-anthropic": "google-vertex",
    "voyageai": "voyage",
    "x-ai": "xai",
    "zhipu": "zhipuai",
    "bigmodel": "zhipuai",
}

AUTHORS = {
    "deepseek-ai": "deepseek",
    "zai-org": "z-ai",
    "zai": "z-ai",
    "minimaxai": "minimax",
    "xai": "x-ai",
    "xai-org": "x-ai",
    "mistral": "mistralai",
    "coherelabs": "cohere",
    "cohereforai": "cohere",
    "xiaomimimo": "xiaomi",
    "meta": "meta-llama",
}

KNOWN_AUTHORS = frozenset(
    [
        "ai21",
        "alibaba-nlp",
        "allenai",
        "amazon",
        "anthropic",
        "arcee-ai",
        "baai",
        "baidu",
        "bigcode",
        "bytedance-seed",
        "cohere",
        "databricks",
        "deepcogito",
        "deepseek",
        "google",
        "ibm-granite",
        "inclusionai",
        "jinaai",
        "meta-llama",
        "microsoft",
        "minimax",
        "mistralai",
        "moonshotai",
        "nousresearch",
        "nvidia",
        "openai",
        "perplexity",
        "qwen",
        "stepfun",
        "tencent",
        "thudm",
        "tiiuae",
        "upstage",
        "x-ai",
        "xiaomi",
        "z-ai",
    ]
)

MAKERS = {
    "ai21": "ai21",
    "anthropic": "anthropic",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "google": "google",
    "minimax": "minimax",
    "mistral": "mistralai",
    "moonshotai": "moonshotai",
    "openai": "openai",
    "perplexity": "perplexity",
    "xai": "x-ai",
    "zai": "z-ai",
}


class Identity(NamedTuple):
    """Who bills, which model, and what is on sale.

    Attributes:
        provider_id: one spelling of the provider for all sources.
        model: canonical `author/slug`, None while unresolved.
        thing: what is on sale, the same text for every source that lists it.
        basis: stated, maker (the provider sells what it makes), author (the id names its author) or unresolved.
    """

    provider_id: str
    model: str | None
    thing: str
    basis: str


def provider_id(provider: str) -> str:
    """One spelling of a provider for all sources: `vertex_ai-language-models` is `google-vertex`."""
    plain = provider.strip().lower().replace("_", "-").replace(" ", "-")
    if plain.startswith("vertex-ai"):
        return "google-vertex"
    return PROVIDERS.get(plain, plain)


def author(name: str) -> str:
    """One spelling of an author: `deepseek-ai` and `deepseek` are `deepseek`."""
    plain = name.strip().lower()
    return AUTHORS.get(plain, plain)


def canonical(model_id: str) -> str | None:
    """`author/slug` in one spelling from an id that has this form (a Hub id, say); None from any other."""
    head, slash, slug = model_id.strip().lower().partition("/")
    if not slash or not head or not slug or "/" in slug or ":" in slug or head.startswith("~"):
        return None
    return f"{author(head)}/{slug}"


def resolve(provider: str, model_key: str, endpoint: str | None, plan: str, stated: str | None) -> Identity:
    """What an offer is, from what its source states.

    Args:
        provider: who bills, as the source spells it.
        model_key: the model, as the source spells it.
        endpoint: the source's own discriminator.
        plan: standard, batch, …
        stated: canonical name that the source itself states, if any.
    """
    who = provider_id(provider)
    model, basis = None, "unresolved"
    if stated:
        model, basis = canonical(stated), "stated"
    elif "/" not in model_key and ":" not in model_key and who in MAKERS:
        model, basis = f"{MAKERS[who]}/{model_key.lower()}", "maker"
    else:
        named = canonical(model_key)
        if named and named.partition("/")[0] in KNOWN_AUTHORS:
            model, basis = named, "author"
    thing = "|".join((who, model or model_key.strip().lower(), endpoint or "", plan))
    return Identity(who, model, thing, basis if model else "unresolved")
