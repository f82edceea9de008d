"""What is known of models' names by heart: who makes which family, words that names are made of, and names reviewed by hand.

To resolve an id that `market.unresolved` lists, add one line to `REVIEWED`, or a family to `FAMILIES`.
"""

from market import identity


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AUTHORS = identity.AUTHORS | {
    "ai21labs": "ai21",
    "aion-lab": "aion-labs",
    "alibaba": "qwen",
    "alibaba-cloud": "qwen",
    "aliyun": "qwen",
    "amazon-nova": "amazon",
    "bytedance": "bytedance-seed",
    "ibm": "ibm-granite",
    "inceptionlabs": "inception",
    "jina": "jinaai",
    "jina-ai": "jinaai",
    "kwaipilot-ai": "kwaipilot",
    "liquidai": "liquid",
    "kuaishou": "kwaipilot",
    "lgai-exaone": "lg",
    "meta-models": "meta-llama",
    "meituan-longcat": "meituan",
    "reka": "rekaai",
    "mistral-ai": "mistralai",
    "moonshot": "moonshotai",
    "moonshot-ai": "moonshotai",
    "nous": "nousresearch",
    "pplx": "perplexity",
    "primeintellect": "prime-intellect",
    "stepfun-ai": "stepfun",
    "zhipu": "z-ai",
    "zhipuai": "z-ai",
    "thudm": "z-ai",
}
"""Other spellings of an author → the one used here."""

CARRIERS = _words(
    """
    1-month-commitment 6-month-commitment @oi accounts ai-gateway ap apac au azure azure_ai baseten bedrock ca cerebras
    chat-completion claude_platform codellama community converse dashscope databricks deepinfra eastus eu finetuned fireworks github global
    global-standard gmi groq hf huggingface hyperbolic in invoke jp lambda lora main models nebius nousresearch-2 novita ollama
    openrouter parasail pro ps qwenlm replicate router sa-east-1 sambanova siliconflow siliconflow-pro swedencentral tee tensorrt
    together togethercomputer uk unsloth us us-gov vercel vertex_ai vertexai volcengine workers-ai
    """
)
"""Parts of an id before the name that say where or by whom it is served or copied, not who made it."""

FAMILIES = {
    "claude": "anthropic",
    "gpt": "openai",
    "gpt-oss": "openai",
    "chatgpt": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "codex": "openai",
    "davinci": "openai",
    "babbage": "openai",
    "computer-use": "openai",
    "text-embedding-3": "openai",
    "text-embedding-ada": "openai",
    "whisper": "openai",
    "dall-e": "openai",
    "gemini": "google",
    "gemma": "google",
    "codegemma": "google",
    "medgemma": "google",
    "gemini-embedding": "google",
    "imagen": "google",
    "veo": "google",
    "lyria": "google",
    "llama": "meta-llama",
    "codellama": "meta-llama",
    "llama-nemotron": "nvidia",
    "nemotron": "nvidia",
    "mistral": "mistralai",
    "mixtral": "mistralai",
    "ministral": "mistralai",
    "magistral": "mistralai",
    "codestral": "mistralai",
    "devstral": "mistralai",
    "pixtral": "mistralai",
    "voxtral": "mistralai",
    "mathstral": "mistralai",
    "leanstral": "mistralai",
    "labs-devstral": "mistralai",
    "qwen": "qwen",
    "qwq": "qwen",
    "qvq": "qwen",
    "codeqwen": "qwen",
    "deepseek": "deepseek",
    "kimi": "moonshotai",
    "moonshot": "moonshotai",
    "moonlight": "moonshotai",
    "glm": "z-ai",
    "codegeex": "z-ai",
    "chatglm": "z-ai",
    "minimax": "minimax",
    "grok": "x-ai",
    "command": "cohere",
    "c4ai": "cohere",
    "aya": "cohere",
    "north-mini-code": "cohere",
    "nova": "amazon",
    "titan": "amazon",
    "phi": "microsoft",
    "wizardlm": "microsoft",
    "mai": "microsoft",
    "jamba": "ai21",
    "j2": "ai21",
    "granite": "ibm-granite",
    "ernie": "baidu",
    "step": "stepfun",
    "hunyuan": "tencent",
    "hy3": "tencent",
    "mimo": "xiaomi",
    "solar": "upstage",
    "sonar": "perplexity",
    "mercury": "inception",
    "palmyra": "writer",
    "dbrx": "databricks",
    "seed": "bytedance-seed",
    "doubao": "bytedance-seed",
    "ling": "inclusionai",
    "ring": "inclusionai",
    "longcat": "meituan",
    "olmo": "allenai",
    "molmo": "allenai",
    "tulu": "allenai",
    "hermes": "nousresearch",
    "lfm": "liquid",
    "trinity": "arcee-ai",
    "virtuoso": "arcee-ai",
    "intellect": "prime-intellect",
    "kat": "kwaipilot",
    "cogito": "deepcogito",
    "falcon": "tiiuae",
    "exaone": "lg",
    "k-exaone": "lg",
    "reka": "rekaai",
    "yi": "01-ai",
    "arctic": "snowflake",
    "internlm": "internlm",
    "internvl": "opengvlab",
    "baichuan": "baichuan-inc",
    "apertus": "swiss-ai",
    "salamandra": "bsc-lt",
    "sarvam": "sarvam",
    "eurollm": "utter-project",
    "laguna": "poolside",
    "v0": "vercel",
    "morph": "morph",
    "relace": "relace",
    "bge": "baai",
    "pegasus": "twelvelabs",
    "stable-diffusion": "stabilityai",
    "flux": "black-forest-labs",
    "starcoder": "bigcode",
    "ornith": "deepreinforce",
    "fugu": "sakana",
    "nex": "nex-agi",
    "ui-tars": "bytedance-seed",
    "qianfan": "baidu",
    "inkling": "thinkingmachines",
    "perceptron": "perceptron",
    "agnes": "agnes-ai",
    "luminous": "aleph-alpha",
    "hy4": "tencent",
    "codestral-mamba": "mistralai",
    "mamba-codestral": "mistralai",
    "open-mistral": "mistralai",
    "open-mixtral": "mistralai",
    "deep-research": "google",
    "medlm": "google",
    "seed-oss": "bytedance-seed",
    "firefunction": "fireworks",
    "gpt-neo": "eleutherai",
    "pythia": "eleutherai",
    "muse": "meta-llama",
    "pplx": "perplexity",
    "chat-bison": "google",
    "text-bison": "google",
    "code-bison": "google",
    "codechat-bison": "google",
    "code-llama": "meta-llama",
    "deepcoder": "agentica-org",
    "inflection": "inflection",
    "venice": "venice",
    "dolphin": "cognitivecomputations",
    "mythomax": "gryphe",
    "skyfall": "thedrummer",
    "cydonia": "thedrummer",
    "rocinante": "thedrummer",
    "magnum": "anthracite-org",
    "zephyr": "huggingfaceh4",
    "smollm": "huggingfacetb",
    "openchat": "openchat",
    "llava": "llava-hf",
    "lucidquery": "lucidquery",
    "aion": "aion-labs",
    "tongyi": "alibaba-nlp",
    "spark": "iflytek",
    "nous-hermes": "nousresearch",
    "deephermes": "nousresearch",
    "stablelm": "stabilityai",
    "rnj": "essentialai",
}
"""How a family's names begin → its author. The rest of a bare name must be made of `WORDS`, numbers and sizes alone."""

SIGNED = {
    mark: author
    for mark, _, author in (
        pair.partition("=")
        for pair in _words(
            """
            dracarys=abacusai sea-lion=aisingapore goliath=alpindale dolphin=cognitivecomputations dolphin3.0=cognitivecomputations
            loki=cruciblelab eva-llama=eva-unit-01 eva-qwen2.5=eva-unit-01 mythomax=gryphe mythomist=gryphe inferor=infermatic
            mag-mell=inflatebot airoboros=jondurbin bagel=jondurbin wayfarer=latitudegames lzlv=lizpreciatior
            nemomix=marinaraspaghetti reflection=mattshumer mirothinker=miromind-ai lumimaid=neversleep noromaid=neversleep
            nex-n1=nex-agi celeste=nothingiisreal openorca=open-orca minicpm=openbmb minicpm4=openbmb phind=phind
            mythalion=pygmalionai sorcererlm=raifle euryale=sao10k fimbulvetr=sao10k hanami=sao10k lunaris=sao10k stheno=sao10k
            dobby=sentientagi apriel=servicenow-ai shisa=shisa-ai midnight-rose=sophosympatheia rogue-rose=sophosympatheia
            bielik=speakleash evalebis=steelskull evayale=steelskull nevoria=steelskull openhermes=teknium anubis=thedrummer
            gemmasutra=thedrummer magidonia=thedrummer tunguska=thedrummer unslopnemo=thedrummer valkyrie=thedrummer
            r1t-chimera=tngtech r1t2-chimera=tngtech swallow=tokyotech-llm remm=undi95 remm-slerp=undi95 toppy=undi95
            starcannon=vongolachouko
            """
        )
    )
}
"""Words that one author alone signs its derivatives with, wherever they stand in a name → that author (`l3.1-euryale-70b`)."""

WORDS = _words(
    """
    a agent agentic air airx alpha api apply argon asr astra audio base behemoth beta blue build canvas character chat cli clip code
    codebuddy coder codex computer content contributor control core creative customtools cyber daybreak de deep deepresearch dense dev
    dialog diarize distill doc ds e edge edition embed embedding english er exp experimental express extended fable fast fim flash
    flash3 flashlite flashx fp function functions generation gov green guard h haiku her high highlight highspeed highthroughput
    horizon hybrid image images instant instruct it k k2 large large2 latest lg light lightning linear lite live livetranslate llama
    long lora low luna m mai mamba math maverick max md medium medium3 micro mini minimal minimalist mod moe mt multi multilingual
    multimodal muse mythos nano native nemo next nightly no non north ocr omni one online open opus oss permissive personality pi plus
    plus2 polaris premier preview pro productivity prompt prover pt pythia qwen qwq r r1 realtime reasoner reasoning red reel rerank
    research robotics role rosalind rp s s2s saba safeguard safety scout search short sm small sol sonic sonnet spark speciale stable
    streaming super supreme t terminus terra text think think2 thinking tiny tool tools transcribe translate tts turbo turbos u ultra
    ultrafast ultraspeed uncensored use v versatile vibe video vision vl voice wonder world x xhigh xl xlarge xs z zero
    """
)
"""Words that names of an author's own models are made of; what others made of them has other words in its name."""

GLUED = _words("qwen lfm molmo internlm internvl smollm hy hunyuan")
"""Families whose number follows without a hyphen: `qwen-2.5` is `qwen2.5`."""

MARKS = _words(
    """
    4bit 8bit autoround awq bf16 fp16 fp4 fp8 fp8kv gguf gptq int4 int8 mlx mxfp4 nvfp4 q4 q4_k_m q8 q8_0 w4a16 w4a8 w8a16 w8a8
    """
)
"""Ends of a name that say how its weights are packed."""

SERVINGS = _words("maas tee tput hf lora turbo lite reference spot us eu default original cheaper fast")
"""Ends of a name that say how it is served; `turbo`, `fast` and `lite` only after what is tuned or a size (`-instruct-turbo`)."""

PLANS = {"free": "free", "batch": "batch", "flex": "flex", "priority": "priority"}
"""Ends after a colon that name a plan."""

ROUTES = _words("nitro exacto floor extended online beta discounted")
"""Ends after a colon that say how a request is routed."""

SNAPSHOTS = _words(
    """
    claude-3.5-sonnet deepseek-v4-flash gpt-3.5-turbo gpt-4 gpt-4-turbo gpt-4-turbo-preview gpt-4o gpt-4o-audio-preview
    gpt-4o-mini-transcribe gpt-4o-mini-tts gpt-4o-realtime-preview gpt-audio gpt-audio-mini gpt-realtime gpt-realtime-mini
    qvq-max qvq-plus qwen-coder-plus qwen-deep-research qwen-flash qwen-long qwen-math-plus qwen-math-turbo qwen-max qwen-mt-plus
    qwen-mt-turbo qwen-omni-turbo qwen-omni-turbo-realtime qwen-plus qwen-turbo qwen-vl-max qwen-vl-ocr qwen-vl-plus qwen3-coder-flash
    qwen3-coder-plus qwen3-max qwen3-omni-flash qwen3-omni-flash-realtime qwen3-vl-flash qwen3-vl-plus qwen3.5-plus qwen3.6-plus
    qwq-plus
    """
)
"""Names that have had several dated editions: there the date is part of the name. Elsewhere a full date at the end only repeats it."""

REVIEWED = {
    "claude-3.5-sonnet-20241022": "anthropic/claude-3.5-sonnet",
    "claude-3.5-sonnet-june": "anthropic/claude-3.5-sonnet-20240620",
    "claude-opus-4.0": "anthropic/claude-opus-4",
    "claude-sonnet-4.0": "anthropic/claude-sonnet-4",
    "deepseek-v4-flash-20260423": "deepseek/deepseek-v4-flash",
    "deepseek-v4-flash-20260731": "deepseek/deepseek-v4-flash-0731",
    "command-a": "cohere/command-a-03-2025",
    "lfm2.2-6b": "liquid/lfm2-2.6b",
    "north-mini-code": "cohere/north-mini-code-1.0",
    "gpt-4o-search-preview-2025-03-11": "openai/gpt-4o-search-preview",
    "deepseek-chat-v3.1": "deepseek/deepseek-v3.1",
    "deepseek-chat-v3": "deepseek/deepseek-v3",
    "deepseek-chat-v3-0324": "deepseek/deepseek-v3-0324",
    "deepseek-r1-distill-qwen-1.5b": "deepseek/deepseek-r1-distill-qwen-1.5b",
    "llama-4-scout": "meta-llama/llama-4-scout-17b-16e-instruct",
    "llama-4-scout-17b-instruct": "meta-llama/llama-4-scout-17b-16e-instruct",
    "llama-4-scout-instruct": "meta-llama/llama-4-scout-17b-16e-instruct",
    "llama-4-maverick": "meta-llama/llama-4-maverick-17b-128e-instruct",
    "llama-4-maverick-17b-instruct": "meta-llama/llama-4-maverick-17b-128e-instruct",
    "llama-4-maverick-instruct": "meta-llama/llama-4-maverick-17b-128e-instruct",
    "llama-3.3-70b-versatile": "meta-llama/llama-3.3-70b-instruct",
    "llama-3.1-8b-instant": "meta-llama/llama-3.1-8b-instruct",
    "minimax-01": "minimax/minimax-text-01",
    "devstral-2-123b-instruct-2512": "mistralai/devstral-2512",
    "devstral-2-2512": "mistralai/devstral-2512",
    "ministral-3-3b-instruct-2512": "mistralai/ministral-3b-2512",
    "ministral-3-8b-instruct-2512": "mistralai/ministral-8b-2512",
    "ministral-3-14b-instruct-2512": "mistralai/ministral-14b-2512",
    "mistral-nemo-instruct-2407": "mistralai/mistral-nemo",
    "mistral-nemo-12b-instruct-2407": "mistralai/mistral-nemo",
    "mistral-nemo-instruct": "mistralai/mistral-nemo",
    "open-mistral-nemo": "mistralai/mistral-nemo",
    "open-mistral-nemo-2407": "mistralai/mistral-nemo",
    "ministral-3-3b-2512": "mistralai/ministral-3b-2512",
    "ministral-3-8b-2512": "mistralai/ministral-8b-2512",
    "ministral-3-14b-2512": "mistralai/ministral-14b-2512",
    "mistral-large-instruct-2407": "mistralai/mistral-large-2407",
    "mistral-large-instruct-2411": "mistralai/mistral-large-2411",
    "mistral-small-4-119b-2603": "mistralai/mistral-small-2603",
    "mistral-small-3.1-24b-instruct-2503": "mistralai/mistral-small-3.1-24b-instruct",
    "mistral-small-3.2-24b-instruct-2506": "mistralai/mistral-small-3.2-24b-instruct",
    "kimi-k2-instruct-0905": "moonshotai/kimi-k2-0905",
    "kimi-k2-instruct": "moonshotai/kimi-k2",
    "qwen3-235b-a22b-2507": "qwen/qwen3-235b-a22b-instruct-2507",
    "qwen3-235b-a22b-07-25": "qwen/qwen3-235b-a22b-instruct-2507",
    "qwen3-coder": "qwen/qwen3-coder-480b-a35b-instruct",
    "qwen3-coder-480b-a35b": "qwen/qwen3-coder-480b-a35b-instruct",
    "qwen3-coder-30b-a3b": "qwen/qwen3-coder-30b-a3b-instruct",
    "jamba-1.5-mini-001": "ai21/jamba-1.5-mini",
    "jamba-1.5-large-001": "ai21/jamba-1.5-large",
    "hermes-2-pro-mistral-7b": "nousresearch/hermes-2-pro-mistral-7b",
    "deepseek-llama3.3-70b": "deepseek/deepseek-r1-distill-llama-70b",
    "l3-8b-lunaris-v1-turbo": "sao10k/l3-8b-lunaris-v1",
    "qwen3-next-80b-a3b-instruct-2509": "qwen/qwen3-next-80b-a3b-instruct",
    "qwen3-next-80b-a3b-thinking-2509": "qwen/qwen3-next-80b-a3b-thinking",
    "kimi-k2.5-0127": "moonshotai/kimi-k2.5",
    "l3-euryale-70b": "sao10k/l3-70b-euryale-v2.1",
    "l3.1-euryale-70b": "sao10k/l3.1-70b-euryale-v2.2",
    "l3.3-euryale-70b": "sao10k/l3.3-70b-euryale-v2.3",
    "open-mixtral-8x7b": "mistralai/mixtral-8x7b-instruct-v0.1",
    "open-mixtral-8x22b": "mistralai/mixtral-8x22b-instruct-v0.1",
    "mixtral-8x7b-instruct": "mistralai/mixtral-8x7b-instruct-v0.1",
    "mixtral-8x22b-instruct": "mistralai/mixtral-8x22b-instruct-v0.1",
}
"""A name in the form that `market.model_names` gives it → the model; reviewed by hand, from what author or source states of it."""

COUNTRIES = {
    author: country
    for country, authors in {
        "AE": "tiiuae",
        "CA": "cohere",
        "CH": "swiss-ai",
        "CN": "01-ai alibaba-nlp baai baichuan-inc baidu bytedance-seed deepseek inclusionai kwaipilot meituan minimax "
        "moonshotai qwen stepfun tencent xiaomi z-ai",
        "DE": "aleph-alpha",
        "FR": "mistralai",
        "IL": "ai21",
        "IN": "sarvam",
        "KR": "lg upstage",
        "US": "allenai amazon anthropic arcee-ai databricks google ibm-granite inception liquid meta-llama microsoft "
        "nousresearch nvidia openai perplexity prime-intellect rekaai snowflake writer x-ai",
    }.items()
    for author in authors.split()
}
"""Author → ISO 3166-1 alpha-2 code of its seat."""

CLOSED = _words(
    """
    anthropic/claude openai/gpt-3.5 openai/gpt-4 openai/gpt-5 openai/gpt-6 openai/o1 openai/o3 openai/o4 openai/chatgpt openai/codex
    google/gemini x-ai/grok-3 x-ai/grok-4 amazon/nova perplexity/sonar inception/mercury
    qwen/qwen-max qwen/qwen-plus qwen/qwen-turbo qwen/qwen3-max
    """
)
"""Beginnings of models whose author has published no weights, reviewed in November 2026; a source that says otherwise goes first."""
