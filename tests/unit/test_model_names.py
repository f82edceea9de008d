"""What a model's id says: the rules on ids in every dress, on labels that a source gives, and on the recorded ones."""

import importlib.util
from pathlib import Path

import pytest
import recordings
from hypothesis import given
from hypothesis import strategies as st

from market import model_names
from market.model_facts import FAMILIES, SIGNED, WORDS
from market.model_reviewed import REVIEWED

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
PLAIN = st.lists(st.sampled_from([*sorted(WORDS)[:60], *FAMILIES, "7b", "a3b", "3-5", "v3", "20250929", "fp8"]), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("model_id", "model"),
    [
        ("claude-opus-4-5", "anthropic/claude-opus-4.5"),
        ("anthropic/claude-opus-4.5:free", "anthropic/claude-opus-4.5"),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", "anthropic/claude-opus-4.5"),
        ("anthropic--claude-4.5-opus", "anthropic/claude-opus-4.5"),
        ("vertex_ai/claude-opus-4-5@20251101", "anthropic/claude-opus-4.5"),
        ("claude-3-5-sonnet@20240620", "anthropic/claude-3.5-sonnet-20240620"),
        ("claude-3-5-sonnet-20241022", "anthropic/claude-3.5-sonnet"),
        ("accounts/fireworks/models/llama-v3p1-8b-instruct", "meta-llama/llama-3.1-8b-instruct"),
        ("meta.llama3-1-8b-instruct-v1:0", "meta-llama/llama-3.1-8b-instruct"),
        ("databricks-meta-llama-3-1-8b-instruct", "meta-llama/llama-3.1-8b-instruct"),
        ("@cf/meta/llama-3.1-8b-instruct-fp8", "meta-llama/llama-3.1-8b-instruct"),
        ("meta-llama/Llama-3.1-8B", "meta-llama/llama-3.1-8b"),
        ("mistral.mistral-7b-instruct-v0:2", "mistralai/mistral-7b-instruct-v0.2"),
        ("us/gpt-4o-2024-08-06", "openai/gpt-4o-2024-08-06"),
        ("gpt-4o", "openai/gpt-4o"),
        ("gpt-35-turbo-16k", "openai/gpt-3.5-turbo-16k"),
        ("gpt-4.1-2025-04-14", "openai/gpt-4.1"),
        ("qwen-2.5-72b-instruct", "qwen/qwen2.5-72b-instruct"),
        ("Qwen/Qwen2.5-72B-Instruct-Turbo", "qwen/qwen2.5-72b-instruct"),
        ("zai-org/GLM-4.6", "z-ai/glm-4.6"),
        ("nvidia/Llama-3_3-Nemotron-Super-49B-v1_5", "nvidia/llama-3.3-nemotron-super-49b-v1.5"),
        ("allenai/llama-3.1-tulu-3-405b", "allenai/llama-3.1-tulu-3-405b"),
        ("nvidia/Kimi-K2.5-NVFP4", "moonshotai/kimi-k2.5"),
        ("deepseek-r1-distill-llama-70b", "deepseek/deepseek-r1-distill-llama-70b"),
        ("grok-4-07-09", "x-ai/grok-4"),
        ("amazon/nova-micro-v1", "amazon/nova-micro"),
        ("us.amazon.nova-2-lite-v1:0", "amazon/nova-2-lite"),
        ("eu.anthropic.claude-opus-4-6-v1", "anthropic/claude-opus-4.6"),
        ("ap-northeast-1/anthropic.claude-v2:1", "anthropic/claude-2.1"),
        ("eu-central-1/1-month-commitment/anthropic.claude-v2", "anthropic/claude-2"),
        ("openai.gpt-oss-120b-1:0", "openai/gpt-oss-120b"),
        ("ap-south-1/deepseek.v3.2", "deepseek/deepseek-v3.2"),
        ("us.deepseek.r1-v1:0", "deepseek/deepseek-r1"),
        ("doubao-seed-2-0-pro", "bytedance-seed/seed-2.0-pro"),
        ("accounts/fireworks/routers/kimi-k2p6-fast", "moonshotai/kimi-k2.6"),
        ("codellama/CodeLlama-34b-Instruct-hf", "meta-llama/codellama-34b-instruct"),
        ("openai/o1-preview-2024-09-12", "openai/o1-preview"),
        ("cohere.rerank-v3-5:0", "cohere/rerank-v3.5"),
        ("google/gemini-pro-1.5", "google/gemini-1.5-pro"),
        ("deepseek-v3.2-think", "deepseek/deepseek-v3.2-thinking"),
        ("llm360/k2-think", "llm360/k2-think"),
        ("gemini-2.5-pro-preview-05-06", "google/gemini-2.5-pro-preview-05-06"),
        ("qwen3.5-plus-02-15", "qwen/qwen3.5-plus-02-15"),
        ("command-r-08-2024", "cohere/command-r-08-2024"),
        ("L3-8B-Lunaris-v1", "sao10k/l3-8b-lunaris-v1"),
        ("l3.3-euryale-70b:free", "sao10k/l3.3-70b-euryale-v2.3"),
        ("dolphin-mixtral-8x22b", "cognitivecomputations/dolphin-mixtral-8x22b"),
        ("l3-euryale-of-somebody-else-70b", None),
        ("north-mini-code-1-0", "cohere/north-mini-code-1.0"),
        ("somebody/their-tune-7b", "somebody/their-tune-7b"),
        ("Llama-3.3-70B-Unheard-Of", None),
        ("databricks-gpt-5-6-luna", "openai/gpt-5.6-luna"),
        ("claude-opus-4-8-think", "anthropic/claude-opus-4.8-thinking"),
        ("claude-opus-4.6:thinking:low", "anthropic/claude-opus-4.6-thinking"),
        ("anthropic.claude-instant-v1", "anthropic/claude-instant-1"),
        ("meta.llama2-13b-chat-v1", "meta-llama/llama-2-13b-chat"),
        ("us.meta.llama3-2-11b-instruct-v1:0", "meta-llama/llama-3.2-11b-vision-instruct"),
        ("meta-llama-meta-llama-3.1-8b-instruct", "meta-llama/llama-3.1-8b-instruct"),
        ("llama-3.3-70b-instruct-fp8-fast", "meta-llama/llama-3.3-70b-instruct"),
        ("accounts/fireworks/models/code-llama-34b-python", "meta-llama/codellama-34b-python"),
        ("accounts/fireworks/models/llama4-scout-instruct-basic", "meta-llama/llama-4-scout-17b-16e-instruct"),
        ("neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8", "meta-llama/llama-3.1-8b-instruct"),
        ("arcee_ai/AFM/models/trinity-mini", "arcee-ai/trinity-mini"),
        ("codestral-2@001", "mistralai/codestral-2"),
        ("gemini-1.5-pro-002", "google/gemini-1.5-pro-002"),
        ("mistral.ministral-3-8b-instruct", "mistralai/ministral-8b-2512"),
        ("mistral-saba-2502", "mistralai/mistral-saba"),
        ("codestral-2501", "mistralai/codestral-2501"),
        ("qwen3-30b-a3b-instruct-2507", "qwen/qwen3-30b-a3b-instruct-2507"),
        ("qwen25-vl-72b-instruct", "qwen/qwen2.5-vl-72b-instruct"),
        ("qwen-3-coder-480b", "qwen/qwen3-coder-480b-a35b-instruct"),
        ("qwen-72b", "qwen/qwen-72b"),
        ("minimax-m25", "minimax/minimax-m2.5"),
        ("grok-41-fast", "x-ai/grok-4.1-fast"),
        ("grok-4-20-reasoning", "x-ai/grok-4.20-reasoning"),
        ("grok-4.20-non-reasoning-beta", "x-ai/grok-4.20-beta-non-reasoning"),
        ("nvidia.nemotron-super-3-120b", "nvidia/nemotron-3-super-120b-a12b"),
        ("nvidia.nemotron-nano-9b-v2", "nvidia/nemotron-nano-9b-v2"),
        ("hermes3-70b", "nousresearch/hermes-3-llama-3.1-70b"),
        ("l31-euryale-70b-v2.2", "sao10k/l3.1-70b-euryale-v2.2"),
        ("llama-3.1-sonar-large-128k-online", "perplexity/llama-3.1-sonar-large-128k-online"),
        ("chat-bison@002", "google/chat-bison-002"),
        ("lfm-7b", "liquid/lfm-7b"),
        ("google/gemma-4-31B-it-Ultra", "google/gemma-4-31b-it"),
        ("llama2-70b-4096", "meta-llama/llama-2-70b-chat"),
        ("mistral-nemo-base-2407", "mistralai/mistral-nemo-base-2407"),
        ("ft:gpt-4o", None),
        ("~openai/gpt-latest", None),
        ("nobody-knows-this", None),
        ("somebody/llama-3.1-8b-instruct", None),
        ("", None),
        ("/", None),
    ],
)
def test_one_model_has_one_name_however_a_provider_spells_it(model_id: str, model: str | None) -> None:
    assert model_names.read(model_id).model == model


def test_what_else_an_id_says_is_kept_beside_the_name() -> None:
    found = model_names.read("@cf/qwen/qwen3-30b-a3b-thinking-fp8:free")
    assert (found.size, found.active, found.variant, found.quantization, found.plan) == ("30b", "a3b", "thinking", "fp8", "free")
    assert model_names.read("claude-opus-4-5-20251101").dated == "2025-11-01"
    assert model_names.read("claude-opus-4-5-20251101").version == "4.5"


def test_each_name_says_what_it_rests_on() -> None:
    assert model_names.read("openai/gpt-4o").basis == "author"
    assert model_names.read("gpt-4o").basis == "family"
    assert model_names.read("mistral-large-3").basis == "reviewed"
    assert model_names.resolve("openai", "brand-new", {}).basis == "maker"
    assert model_names.resolve("openai", "llama-3.1-8b-instruct", {}).model == "meta-llama/llama-3.1-8b-instruct"
    assert model_names.resolve("groq", "brand-new", {}).basis == "unresolved"


def test_what_a_source_states_goes_before_the_rules_and_only_for_that_very_id() -> None:
    stated = {"acme/zebra-9b-v2": "acme/zebra-9b"}
    assert model_names.resolve("x", "Acme/Zebra-9B-v2", stated)[:3] == ("acme", "zebra-9b", "stated")
    assert model_names.resolve("x", "acme/zebra-9b-v3", stated).model == "acme/zebra-9b-v3"


def test_links_hold_between_names_of_one_author_and_lead_to_one_model() -> None:
    pairs = [("acme/zebra", "Acme/Zebra-9B-v2"), ("acme/yak", "Other/Yak"), ("acme/gnu", "acme/herd"), ("acme/gnu-2", "acme/herd")]
    assert model_names.links(pairs) == {"acme/zebra-9b-v2": "acme/zebra"}


def test_a_mark_names_one_author_whose_names_keep_it() -> None:
    for mark, author in SIGNED.items():
        assert model_names.read(f"{mark}-7b").author == author, mark
        assert model_names.read(f"{author}/llama-{mark}-7b").author == author, mark


def test_reviewed_names_are_in_the_form_of_the_rules_and_lead_to_one_model() -> None:
    for name, model in REVIEWED.items():
        assert model_names.read(name).model == model, name
        assert model_names.read(model).model == model, model


@given(TEXT)
def test_any_text_can_be_read(text: str) -> None:
    found = model_names.read(text)
    assert (found.model is None) == (found.basis == "unresolved")
    assert found.model is None or found.model == found.model.lower()


@given(PLAIN)
def test_the_name_of_a_model_is_read_as_itself(words: list[str]) -> None:
    model = model_names.read("-".join(words)).model
    assert model is None or model_names.read(model).model is not None


def benchmark() -> object:
    """The script that measures, as a module."""
    file = Path(__file__).parents[2] / "benchmarks" / "identity.py"
    spec = importlib.util.spec_from_file_location("identity_benchmark", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_labels_are_met_or_missed_and_never_taken_for_another() -> None:
    measure = benchmark()
    known = [measure.Label("hub", "acme/zebra-9b", "Acme/Zebra-9B"), measure.Label("hub", "acme/zebra-9b", "Acme/Zebra-10B")]
    known += [measure.Label("hub", "acme/yak", "Acme/Yak-Base-2"), measure.Label("bare", "nobody", "acme/nobody")]
    assert [one.word for one in measure.compare(known)] == ["right", "wrong", "missed", "unresolved"]


def test_offers_drawn_at_random_are_resolved_to_the_model_that_a_person_reads_in_their_name() -> None:
    measure = benchmark()
    known = measure.judged()
    assert len({one[:3] for one in known}) == 900
    telling = [one for one in known if one.model not in (measure.NO_MODEL, measure.CANNOT_TELL)]
    resolved = [one for one in telling if one.found]
    assert sum(one.found == one.model for one in resolved) / len(resolved) >= 0.995
    assert sum(one.found is not None for one in known) / len(known) >= 0.95


@recordings.needed
def test_recorded_labels_are_never_taken_for_another_model() -> None:
    measure = benchmark()
    outcomes = list(measure.compare(measure.labels(recordings.WEB)))
    words = [one.word for one in outcomes if one.label.held_out]
    assert len(words) > 300
    assert words.count("right") / (words.count("right") + words.count("wrong")) >= 0.995
    assert words.count("right") / len(words) >= 0.85


@pytest.mark.parametrize("name", ["<script>x</script>/a.png", "acme/![a](https://evil.example/a.png)", "acme/a'; drop table", "acme/\x00"])
def test_what_is_no_name_stands_for_no_model(name: str) -> None:
    assert model_names.read(name).model is None and model_names.resolve("openai", name.replace("/", "").replace(":", ""), {}).model is None
