"""llama.cpp through llama-cpp-python's low-level API, timed by our own clock; nothing else here knows llama_cpp.

The tests are llama-bench's: a prompt of random words in batches, or single random words one after the other, behind a cache of so many.
"""

import ctypes
import random
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from market.errors import BadArtifact, MarketError, ProbeInvalid

ERROR = 4
CHAT = b"Name three things that a market for bread and a market for words have in common, and say why."


class NoLlama(MarketError):
    """Measuring needs llama-cpp-python; install it with `pip install 'modelmarket[probe]'`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is loaded and run; the same words as llama-bench's options."""

    n_threads: int
    n_gpu_layers: int = 0
    n_batch: int = 2048
    n_ubatch: int = 512
    flash_attn: int = -1


def _api() -> Any:
    try:
        from llama_cpp import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise NoLlama(f"{NoLlama.__doc__} ({error})") from None
    return llama_cpp


def build() -> str:
    """Name and version of what measures."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        raise NoLlama from None


class Llama:
    """A model in memory with a context of so many tokens; to be used in `with`."""

    def __init__(self, path: str, context: int, settings: Settings) -> None:
        self.path, self.context, self.settings, self.api = path, context, settings, _api()

    def __enter__(self) -> Self:
        """Loads the model; what the library complains of goes to standard error.

        Raises:
            BadArtifact: the library refuses the file.
            ProbeInvalid: there is no room for the context.
        """
        api = self.api
        self.listener = api.llama_log_callback(_complain)
        api.llama_log_set(self.listener, None)
        api.llama_backend_init()
        wanted = api.llama_model_default_params()
        wanted.n_gpu_layers = self.settings.n_gpu_layers
        self.model = api.llama_model_load_from_file(self.path.encode(), wanted)
        if not self.model:
            raise BadArtifact("llama.cpp refuses to load the file; its last words are on the record.")
        self.vocabulary = api.llama_model_get_vocab(self.model)
        self.words = api.llama_vocab_n_tokens(self.vocabulary)
        self.state = api.llama_init_from_model(self.model, self._wanted())
        if not self.state:
            raise ProbeInvalid(f"llama.cpp could not make a context of {self.context:,} tokens; there is too little memory.")
        self.memory = api.llama_get_memory(self.state)
        self.random = random.Random(512)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Frees what was loaded."""
        self.api.llama_free(self.state)
        self.api.llama_model_free(self.model)

    def _wanted(self) -> Any:
        wanted = self.api.llama_context_default_params()
        wanted.n_ctx = self.context
        wanted.n_batch, wanted.n_ubatch = self.settings.n_batch, self.settings.n_ubatch
        wanted.n_threads = wanted.n_threads_batch = self.settings.n_threads
        wanted.flash_attn_type = self.settings.flash_attn
        wanted.offload_kqv = self.settings.n_gpu_layers != 0
        wanted.no_perf = True
        return wanted

    def described(self) -> dict[str, Any]:
        """What the library says of the model, under llama-bench's names."""
        text = ctypes.create_string_buffer(256)
        self.api.llama_model_desc(self.model, text, 256)
        return {
            "model_type": text.value.decode("utf-8", "replace"),
            "model_size": int(self.api.llama_model_size(self.model)),
            "model_n_params": int(self.api.llama_model_n_params(self.model)),
            "gpu_offload": bool(self.api.llama_supports_gpu_offload()),
        }

    def _draw(self, count: int, first: bool) -> Any:
        tokens = (self.api.llama_token * count)(*(self.random.randrange(self.words) for _ in range(count)))
        if first and self.api.llama_vocab_get_add_bos(self.vocabulary):
            tokens[0] = self.api.llama_vocab_bos(self.vocabulary)
        return tokens

    def _decode(self, tokens: Any, count: int) -> None:
        if code := self.api.llama_decode(self.state, self.api.llama_batch_get_one(tokens, count)):
            raise ProbeInvalid(f"llama.cpp could not decode {count} tokens (code {code}).")

    def _prompt(self, count: int, first: bool = True) -> None:
        done = 0
        while done < count:
            size = min(count - done, self.settings.n_batch)
            self._decode(self._draw(size, first and not done), size)
            done += size
        self.api.llama_synchronize(self.state)

    def _generate(self, count: int, first: bool) -> None:
        token = self._draw(1, first)
        for _ in range(count):
            self._decode(token, 1)
            self.api.llama_synchronize(self.state)
            token[0] = self.random.randrange(self.words)

    def time(self, prompt: int, generate: int, depth: int) -> int:
        """Nanoseconds that one repetition took; the cache is filled to the depth before the clock starts."""
        self.api.llama_memory_clear(self.memory, True)
        self._prompt(depth)
        began = time.perf_counter_ns()
        if prompt:
            self._prompt(prompt, first=not depth)
        if generate:
            self._generate(generate, first=not depth and not prompt)
        return time.perf_counter_ns() - began

    def chat(self, answer: int = 32) -> tuple[int, list[int]]:
        """A short greedy answer to a question of ours: nanoseconds to the first word, and between the words after it.

        The model's own chat template is a stranger's program; it is never run.
        """
        import numpy as np

        self.api.llama_memory_clear(self.memory, True)
        tokens = (self.api.llama_token * 256)()
        began = time.perf_counter_ns()
        count = self.api.llama_tokenize(self.vocabulary, CHAT, len(CHAT), tokens, 256, True, False)
        if count <= 0:
            raise ProbeInvalid("The model has no vocabulary for a chat.")
        self._decode(tokens, count)
        instants = []
        token = (self.api.llama_token * 1)()
        for _ in range(answer):
            scores = np.ctypeslib.as_array(self.api.llama_get_logits_ith(self.state, -1), shape=(self.words,))
            token[0] = int(scores.argmax())
            instants.append(time.perf_counter_ns())
            self._decode(token, 1)
        return instants[0] - began, [after - before for before, after in pairwise(instants)]


def _complain(level: int, text: bytes, _: object) -> None:
    if level == ERROR:
        sys.stderr.write(text.decode("utf-8", "replace"))
