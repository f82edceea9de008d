"""What a model must read and multiply for a token, from its header; every count that is not certain is taken as the least it can be."""

import re

from market.errors import BadArtifact
from market.roofline import Shape
from probes.gguf import Header, Tensor

LOOKED_UP = re.compile(r"^(token_embd|per_layer_token_embd|token_types|position_embd)\b")
EXPERTS = re.compile(r"\.ffn_\w*_exps\b")
CACHE_BYTES = 2
"""Bytes of one number in the cache, f16."""


def _read(tensor: Tensor, tied: bool, active: float) -> tuple[int, int]:
    """Bytes read and weights multiplied for one token."""
    if LOOKED_UP.match(tensor.name) and not (tied and tensor.name.startswith("token_embd")):
        rows = max(1, tensor.weights // tensor.dimensions[0])
        return tensor.size // rows, 0
    part = active if EXPERTS.search(tensor.name) else 1.0
    multiplied = tensor.weights if len(tensor.dimensions) > 1 and tensor.name.endswith("weight") else 0
    return int(tensor.size * part), int(multiplied * part)


def _cache(header: Header) -> tuple[int, int]:
    """Bytes that one token leaves in the cache of all layers, and how many of them may fall under a window."""
    layers = header.number("block_count") or 0
    width, heads = header.number("embedding_length") or 0, header.number("attention.head_count") or 0
    said = header.keys.get(f"{header.architecture}.attention.head_count_kv", heads)
    per_layer = [each for each in said if isinstance(each, int)] if isinstance(said, list) else [said] * layers
    together = sum(each for each in per_layer if isinstance(each, int))
    if rank := header.number("attention.kv_lora_rank"):
        return layers * (rank + (header.number("rope.dimension_count") or 0)) * CACHE_BYTES, 0
    default = width // heads if heads else 0
    key = header.number("attention.key_length", default) or 0
    value = header.number("attention.value_length", default) or 0
    held = together * (key + value) * CACHE_BYTES
    # Which layers have the window is not always said: all may, which is the least to read.
    return held, held if header.number("attention.sliding_window") else 0


def shape(header: Header) -> Shape:
    """The shape of a model.

    Raises:
        BadArtifact: the header says more experts are active than there are, or no layers.
    """
    experts, used = header.number("expert_count") or 0, header.number("expert_used_count") or 0
    if used > experts or (experts and not used) or not header.number("block_count"):
        raise BadArtifact(
            f"The header does not describe a model: {header.number('block_count')} layers, {used} of {experts} experts active."
        )
    tied = not any(tensor.name == "output.weight" for tensor in header.tensors)
    reads = [_read(tensor, tied, used / experts if experts else 1.0) for tensor in header.tensors]
    cache, windowed = _cache(header)
    head = [tensor.weights for tensor in header.tensors if tensor.name == ("token_embd.weight" if tied else "output.weight")]
    return Shape(
        parameters=sum(tensor.weights for tensor in header.tensors),
        weights_bytes=sum(tensor.size for tensor in header.tensors),
        token_bytes=sum(size for size, _ in reads),
        token_weights=sum(weights for _, weights in reads),
        head_weights=sum(head),
        cache_bytes=cache,
        cache_window=header.number("attention.sliding_window"),
        cache_window_bytes=windowed,
    )
