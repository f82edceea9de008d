"""What a model's name says for screening: what it does besides chatting, how large it is, and which others are called the same."""

import re
from functools import lru_cache
from itertools import pairwise

_OTHER_THINGS = {
    "an image model": "flux sdxl sd ssd dalle imagen seedream kandinsky midjourney ideogram recraft controlnet playground"
    " stable-diffusion dall-e gpt-image",
    "a video model": "sora veo kling hailuo seedance",
    "a music model": "lyria musicgen",
    "a speech model": "whisper tts asr stt transcribe transcription melotts parakeet kokoro",
    "an embedding model": "embedding embeddings embed bge gte e5 minilm mpnet",
    "a reranker": "rerank reranker colbert",
    "a classifier": "resnet distilbert",
}
_BY_TOKEN = {word: thing for thing, words in _OTHER_THINGS.items() for word in words.split()}
_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])")
_REGION = re.compile(r"^(us|eu|apac|au|jp|ca|global)\.")
_MAKER = re.compile(
    r"^(ai21|amazon|anthropic|azure|cohere|databricks|deepseek|google|meta|minimax|mistral|moonshotai|moonshot|nvidia|openai|qwen|xai|zai)"
    r"[.-]+(?=[a-z])"
)
_DATED = re.compile(r"-(20\d{6}|20\d\d-\d\d-\d\d|latest)$")
_SAME = re.compile(r"-(instruct|chat|it|hf|fp8|turbo)\b")


def words(model_key: str) -> list[str]:
    """The words of a model's name, its author left out."""
    return re.split(r"[^a-z0-9]+", model_key.lower().rpartition("/")[2])


@lru_cache(maxsize=100_000)
def other_thing(model_key: str) -> str | None:
    """What a model is, if the words of its name say that it does not chat; a version glued to a word does not count."""
    named = words(model_key)
    for word in [*named, *map("-".join, pairwise(named))]:
        thing = _BY_TOKEN.get(word) or _BY_TOKEN.get(word.rstrip("0123456789"))
        if thing is not None:
            return thing
    return None


@lru_cache(maxsize=100_000)
def says(model_key: str, *sought: str) -> bool:
    """Whether the name has one of these words."""
    return not set(sought).isdisjoint(words(model_key))


def billions(model_key: str) -> float | None:
    """Parameters in billions as the name gives them, those of all experts together; None where it does not."""
    found = _SIZE.search(model_key.lower().rpartition("/")[2])
    return float(found[1]) if found else None


@lru_cache(maxsize=100_000)
def seller(thing: str) -> tuple[str, str, str]:
    """Who sells a thing, under which plan, and a name of the model that its sellers share: author, region, date and tuning left out.

    For comparing prices only: two models may share such a name, and one may have two.
    """
    provider, _, rest = thing.partition("|")
    name = re.split(r"[:@]", rest.partition("|")[0].lower().rpartition("/")[2], maxsplit=1)[0]
    name = re.sub(r"[^a-z0-9]+", "-", _MAKER.sub("", _REGION.sub("", name))).strip("-")
    return provider, rest.rpartition("|")[2], _SAME.sub("", _DATED.sub("", name))
