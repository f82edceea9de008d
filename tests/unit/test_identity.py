"""Who bills and which model: only from what is stated, one spelling for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import identity

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@pytest.mark.parametrize(
    ("spelled", "one"),
    [
        ("vertex_ai-language-models", "google-vertex"),
        ("vertex_ai", "google-vertex"),
        ("google-vertex-anthropic", "google-vertex"),
        ("Vertex AI", "google-vertex"),
        ("bedrock_converse", "amazon-bedrock"),
        ("fireworks_ai", "fireworks-ai"),
        ("Fireworks", "fireworks-ai"),
        ("together", "together-ai"),
        ("gemini", "google"),
        ("xAI", "xai"),
        ("x-ai", "xai"),
        ("openai", "openai"),
        ("text-completion-openai", "openai"),
        ("azure_ai", "azure-ai"),
        (" OpenAI ", "openai"),
        ("somebody-new", "somebody-new"),
    ],
)
def test_providers_have_one_spelling(spelled: str, one: str) -> None:
    assert identity.provider_id(spelled) == one


@pytest.mark.parametrize(
    ("model_id", "canonical"),
    [
        ("deepseek-ai/DeepSeek-V3", "deepseek/deepseek-v3"),
        ("deepseek/deepseek-v3", "deepseek/deepseek-v3"),
        ("meta/llama-3.1-8b", "meta-llama/llama-3.1-8b"),
        ("zai-org/GLM-5", "z-ai/glm-5"),
        ("Qwen/Qwen3-32B", "qwen/qwen3-32b"),
        ("gpt-4o", None),
        ("~openai/gpt-latest", None),
        ("openai/gpt-4o:free", None),
        ("a/b/c", None),
        ("/b", None),
        ("a/", None),
        ("", None),
    ],
)
def test_canonical_names_come_from_ids_of_this_form_alone(model_id: str, canonical: str | None) -> None:
    assert identity.canonical(model_id) == canonical


@pytest.mark.parametrize(
    ("provider", "key", "stated", "model", "basis"),
    [
        ("openai", "gpt-4o", None, "openai/gpt-4o", "maker"),
        ("text-completion-openai", "gpt-3.5-turbo-instruct", None, "openai/gpt-3.5-turbo-instruct", "maker"),
        ("mistral-ai", "mistral-large", None, "mistralai/mistral-large", "maker"),
        ("together-ai", "Qwen/Qwen3-32B", None, "qwen/qwen3-32b", "author"),
        ("together-ai", "somebody/their-tune", None, None, "unresolved"),
        ("groq", "llama-3.1-8b-instant", None, None, "unresolved"),
        ("azure", "gpt-4o", None, None, "unresolved"),
        ("openrouter", "anthropic/claude-x:free", None, None, "unresolved"),
        ("groq", "llama-3.1-8b-instant", "meta/Llama-3.1-8B", "meta-llama/llama-3.1-8b", "stated"),
        ("groq", "llama", "nonsense", None, "unresolved"),
    ],
)
def test_a_model_is_resolved_from_what_is_stated_and_never_guessed(
    provider: str, key: str, stated: str | None, model: str | None, basis: str
) -> None:
    found = identity.resolve(provider, key, None, "standard", stated)
    assert (found.model, found.basis) == (model, basis)


def test_one_thing_on_sale_has_one_text_for_every_source() -> None:
    one = identity.resolve("together", "deepseek-ai/DeepSeek-V3", None, "standard", None)
    two = identity.resolve("together_ai", "x", None, "standard", "deepseek/deepseek-v3")
    assert one.thing == two.thing == "together-ai|deepseek/deepseek-v3||standard"
    plans = {identity.resolve("together", "x", endpoint, plan, None).thing for endpoint in (None, "fp8") for plan in ("standard", "batch")}
    assert len(plans) == 4


@given(TEXT, TEXT, st.none() | TEXT, st.sampled_from(["standard", "batch"]), st.none() | TEXT)
def test_any_text_has_an_identity_and_the_same_one_again(
    provider: str, key: str, endpoint: str | None, plan: str, stated: str | None
) -> None:
    found = identity.resolve(provider, key, endpoint, plan, stated)
    assert found == identity.resolve(provider, key, endpoint, plan, stated)
    assert (found.model is None) == (found.basis == "unresolved")
    assert identity.provider_id(found.provider_id) == found.provider_id
    assert found.model is None or found.model == found.model.lower()
