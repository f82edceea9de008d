r"""One spelling of what a name says: separators, versions, the order of words, and what providers add.

Each line is a pattern and what stands for it, in the order they are used; a name goes through all of them once.
"""

import re

from market.model_facts import GLUED

_NUMBERED = re.compile(r":\d|-v\d:|-\d{8}-v\d$")
_VERSIONED = re.compile(r"-v0:|^claude-v\d:")
_BEDROCK = re.compile(r"-1:0$|-v\d+(?::\d+(?:k|:\d+k)?)?$|:\d+(?::\d+k)?$")

_SEPARATORS = (
    (r"-v0:(?=\d)", "-v0."),
    (r"^claude-v(\d):(\d).*", r"claude-\1.\2"),
    (r"^claude-(instant-)?v(?=\d)", r"claude-\1"),
    (r"^((?:claude-(?:opus|sonnet|haiku)|nova|titan-text|llama2-\d+b-chat|j2-(?:mid|ultra)).*)-v1$", r"\1"),
    (r"[\s_:()]+", "-"),
    (r"^-+|-+$", ""),
    (r"(?<=\d)p(?=\d)", "."),
    (r"(?<![\d.])([a-z]{0,8}\d)-(\d)(?=-|$)(?!-\d{1,2}(?:-|$))", r"\1.\2"),
    (r"^dolphin-2-9\.", "dolphin-2.9."),
    (r"^grok-4-20(?=-[a-z]|$)", "grok-4.20"),
)
_ADDED = (
    (r"^(?:fw|azure|c4ai|coding|cc)-", ""),
    (r"^(?:meta-)?llama-(?=(?:meta-)?llama-)|^deepseek-(?:ai-)?(?=deepseek-)|^gemini-(?=gemma-)|^palm-2-(?=[a-z]+-bison)", ""),
    (r"^labs-(?=\w+stral)|^doubao-(?=seed-)|^qwen-?2\.5-(?=qwq)", ""),
    (r"^(ernie-.*)-(?:pt|paddle)$", r"\1"),
    (r"-high-throughput$", ""),
    (r"(?<=-instruct)-\d+k(?:-rope)?$", ""),
    (r"^((?:codestral|mistral|jamba).*)-00\d$", r"\1"),
    (r"^(deepseek-(?:r1|v3)(?:-0324|-0528|\.\d)?)-(?:turbo|fast)$", r"\1"),
    (r"(?<=-fp8)-dynamic$|(?<=-int4)-mixed-ar$", ""),
)
_VERSIONS = (
    (r"^code-(llama|qwen)", r"code\1"),
    (rf"^({'|'.join(sorted(GLUED))})-v?(?=\d+(?:\.\d+)*(?:-|$))", r"\1"),
    (r"^(phind-code)-(?=llama)", r"\1"),
    (r"^llamaguard(?=-)", "llama-guard"),
    (r"^(gpt|openai-gpt)-([3-9])(\d)(?=-|$)", r"\1-\2.\3"),
    (r"^(claude-[a-z]+|gemini|glm|grok|llama|mistral-small|phi)-([1-9])(\d)(?=v?(?:-|$))", r"\1-\2.\3"),
    (r"^(deepseek-v|kimi-k|l|minimax-m|qwen)([2-9])(\d)(?=-|$)", r"\1\2.\3"),
    (r"^llama-v(?=\d)", "llama-"),
    (r"^(llama|claude|gemma|phi|mistral|nova|glm|gpt|command|hermes|step|solar-pro|mistral-large)v?(?=\d)", r"\1-"),
    (r"^(mistral-7b-instruct)-v(?=[1-3]$)", r"\1-v0."),
)
_ORDER = (
    (r"^claude-(opus|sonnet|haiku)-(3(?:\.\d)?)(?=-|$)", r"claude-\2-\1"),
    (r"^claude-([4-9](?:\.\d)?)-(opus|sonnet|haiku|fable|mythos)(?=-|$)", r"claude-\2-\1"),
    (r"^gemini-(pro|flash)-(\d\.\d)(?=-|$)", r"gemini-\2-\1"),
    (r"^(grok-.*?)-((?:non-)?reasoning)-beta$", r"\1-beta-\2"),
    (r"^(l3(?:\.\d)?)-([a-z]+)-(\d+b)(?=-|$)", r"\1-\3-\2"),
    (r"^nemotron-(nano|super|ultra|lightning)-(\d(?:\.\d)?)(?=-)", r"nemotron-\2-\1"),
    (r"^nemotron-nano-v2-(\d+b)", r"nemotron-nano-\1-v2"),
    (r"^(qwen[\d.]+)-(\d+b)-vision(?=-)", r"\1-vl-\2"),
)
_VARIANTS = (
    (r"^((?:claude|gemini|gpt|deepseek|glm|kimi|minimax|mimo|qwen|step).*)-think$", r"\1-thinking"),
    (r"^(claude-.*)-reasoning$", r"\1-thinking"),
    (r"^(claude-.*-thinking)-(?:low|medium|high|max)$", r"\1"),
    (r"^(grok-.*)-thinking$", r"\1-reasoning"),
    (r"-no-?think(?:ing)?$", "-nothinking"),
    (r"^(llama-3\..*)-(?:versatile|instant)$", r"\1-instruct"),
    (r"^(llama-2-\d+b)-4096$", r"\1-chat"),
    (r"^granite-4-(?=h-)", "granite-4.0-"),
    (r"^(llama-3-\d+b)-chat$", r"\1-instruct"),
    (r"^(llama-3\.2-(?:1|3)b)-preview$", r"\1-instruct"),
    (r"^(llama-3\.2-(?:11|90)b)(?:-vision)?-(?:instruct|preview)$", r"\1-vision-instruct"),
    (r"^deepseek-r1-0528-distill-", "deepseek-r1-0528-"),
    (r"^ministral-3-(3|8|14)b(?:-instruct)?(?:-2512)?$|^ministral-(3|8|14)b(?:-instruct)?-2512$", r"ministral-\1\2b-2512"),
)
_SIZES = (
    (r"^(qwen3(?:\.\d)?(?:-[a-z]+)?-(?:30b|35b|80b))(?!-a\d)(?=-|$)", r"\1-a3b"),
    (r"^(qwen3(?:-[a-z]+)?-235b)(?!-a\d)(?=-|$)", r"\1-a22b"),
    (r"^(qwen3(?:-[a-z]+)?-480b)(?!-a\d)(?=-|$)", r"\1-a35b"),
    (r"^hermes-3-(8|70|405)b$", r"hermes-3-llama-3.1-\1b"),
    (r"^nemotron-3-nano-30b$", "nemotron-3-nano-30b-a3b"),
    (r"^nemotron-3-super(?:-120b)?$", "nemotron-3-super-120b-a12b"),
    (r"^nemotron-3-ultra(?:-550b)?(?=-nvfp4$|$)", "nemotron-3-ultra-550b-a55b"),
)
_SPELLINGS = tuple(
    (re.compile(pattern), put) for part in (_SEPARATORS, _ADDED, _VERSIONS, _ORDER, _VARIANTS, _SIZES) for pattern, put in part
)


def spelled(name: str) -> str:
    """One spelling of a name in lower case, without its author."""
    if _NUMBERED.search(name) and not _VERSIONED.search(name):
        name = _BEDROCK.sub("", name)
    for pattern, put in _SPELLINGS:
        name = pattern.sub(put, name)
    return name
