"""What is known of models' names by heart: who makes which family, and the words that names are made of.

To resolve an id that `market.unresolved` lists, add a family to `FAMILIES` here, or one line to `market/model_reviewed.py`.
"""

from market import identity


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AUTHORS = identity.AUTHORS | {
    "ai21labs": "ai21",
    "aion-lab": "aion-labs",
    "arcee_ai": "arcee-ai",
    "baichuan": "baichuan-inc",
    "kimi": "moonshotai",
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
    1-month-commitment 6-month-commitment @oi accounts ai-gateway ap apac arize-ai au azure azure_ai baseten bedrock ca cerebras
    chat-completion chutesai claude_platform codellama community converse cortecs dashscope databricks deepinfra eastus eu finetuned
    fireworks github global global-standard gmi groq hf huggingface hyperbolic in intel invoke jp lambda lora main models
    nebius neuralmagic nousresearch-2 novita ollama openrouter pamanseau parasail pro ps public qwenlm redhatai replicate router
    sa-east-1 sambanova siliconflow siliconflow-pro swedencentral tee tensorrt thebloke together togethercomputer uk unsloth us
    us-gov vercel vertex_ai vertexai volcengine workers-ai
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
    "asi1": "fetchai",
    "firellava": "fireworks",
    "jais": "core42",
    "learnlm": "google",
    "m2m100": "meta-llama",
    "mpt": "mosaicml",
    "neural-chat": "intel",
    "openthinker": "open-thoughts",
    "stablecode": "stabilityai",
    "swe": "cognition",
}
"""How a family's names begin → its author. The rest of a bare name must be made of `WORDS`, numbers and sizes alone."""

SIGNED = {
    mark: author
    for mark, _, author in (
        pair.partition("=")
        for pair in _words(
            """
            arliai-rpmax=arliai arliai-rpr=arliai chronos-hermes=austism dracarys=abacusai sea-lion=aisingapore
            goliath=alpindale dolphin=cognitivecomputations dolphin3.0=cognitivecomputations loki=cruciblelab
            eva-llama=eva-unit-01 eva-qwen2.5=eva-unit-01 mythomax=gryphe mythomist=gryphe inferor=infermatic
            mag-mell=inflatebot airoboros=jondurbin bagel=jondurbin wayfarer=latitudegames lzlv=lizpreciatior
            nemomix=marinaraspaghetti reflection=mattshumer mirothinker=miromind-ai lumimaid=neversleep noromaid=neversleep
            nex-n1=nex-agi nous-capybara=nousresearch nous-hermes=nousresearch celeste=nothingiisreal openorca=open-orca
            minicpm=openbmb minicpm4=openbmb phind=phind mythalion=pygmalionai sorcererlm=raifle euryale=sao10k
            fimbulvetr=sao10k hanami=sao10k lunaris=sao10k stheno=sao10k dobby=sentientagi dobby-unhinged=sentientagi
            apriel=servicenow-ai shisa=shisa-ai midnight-rose=sophosympatheia rogue-rose=sophosympatheia bielik=speakleash
            evalebis=steelskull evayale=steelskull nevoria=steelskull openhermes=teknium anubis=thedrummer gemmasutra=thedrummer
            magidonia=thedrummer tunguska=thedrummer unslopnemo=thedrummer valkyrie=thedrummer openreasoning-nemotron=nvidia
            neural-chat=intel sonar=perplexity r1t-chimera=tngtech r1t2-chimera=tngtech swallow=tokyotech-llm remm=undi95
            remm-slerp=undi95 toppy=undi95 starcannon=vongolachouko
            """
        )
    )
}
"""Words that one author alone signs its derivatives with, wherever they stand in a name → that author (`l3.1-euryale-70b`)."""

WORDS = _words(
    """
    a agent agentic air airx alpha api apply argon asr astra audio base behemoth beta bison blue build canvas character chat cli
    clip code codebuddy codechat coder codex computer content contributor control core creative customtools cyber daybreak de deep
    deepresearch dense dev dialog diarize distill doc ds e edge edit edition embed embedding english er exp experimental express
    extended fable fast fim flash flash3 flashlite flashx fp function functions generation glimmer gov green guard h haiku her high
    highlight highspeed highthroughput horizon huge hybrid image images instant instruct it ja k k2 large large2 latest lg light
    lightning linear lite live livetranslate llama long lora low luna m mai mamba math maverick max md medium medium3 micro mini
    minimal minimalist mod moe mt multi multilingual multimodal muse mythos nano native nemo next nightly no non north nothinking
    ocr omni one online open opus oss palm permissive personality pi play plus plus2 polaris premier preview pro productivity prompt
    prover pt pythia python qwen qwq r r1 realtime reasoner reasoning red reel rerank research robotics role rosalind rp s s2s saba
    safeguard safety schnell scout search short sm small sol sonic sonnet spark speciale stable streaming super supreme t terminus
    terra text think think2 thinking tiny tool tools transcribe translate tts turbo turbos u ultra ultrafast ultraspeed uncensored
    use v versatile vibe video vision vl voice wonder world x xhigh xl xlarge xs z zero
    """
)
"""Words that names of an author's own models are made of; what others made of them has other words in its name."""

GLUED = _words("qwen codeqwen lfm molmo internlm internvl smollm hy hunyuan")
"""Families whose number follows without a hyphen: `qwen-2.5` is `qwen2.5`."""

MARKS = _words(
    """
    4bit 8bit autoround awq bf16 fp16 fp4 fp8 fp8kv gguf gptq int4 int8 mlx mxfp4 nvfp4 q4 q4_k_m q8 q8_0 w4a16 w4a8 w8a16 w8a8
    """
)
"""Ends of a name that say how its weights are packed."""

SERVINGS = _words("basic maas sambanova tee tput hf lora raw specdec turbo ultra lite reference spot us eu default original cheaper fast")
"""Ends of a name that say how it is served; `turbo`, `fast`, `lite` and `ultra` only after what is tuned or a size (`-instruct-turbo`)."""

PLANS = {"free": "free", "batch": "batch", "flex": "flex", "priority": "priority"}
"""Ends after a colon that name a plan."""

ROUTES = _words("nitro exacto floor extended online web beta discounted")
"""Ends after a colon that say how a request is routed."""

SNAPSHOTS = _words(
    """
    claude-3.5-sonnet codestral deepseek-v4-flash devstral devstral-small gpt-3.5-turbo gpt-4 gpt-4-turbo gpt-4-turbo-preview gpt-4o
    gpt-4o-audio-preview gpt-4o-mini-transcribe gpt-4o-mini-tts gpt-4o-realtime-preview gpt-audio gpt-audio-mini gpt-realtime
    gpt-realtime-mini magistral-medium magistral-small mistral-large mistral-medium mistral-moderation mistral-ocr mistral-small
    pixtral-large qvq-max qvq-plus qwen-coder-plus qwen-deep-research qwen-flash qwen-long qwen-math-plus qwen-math-turbo qwen-max
    qwen-mt-plus qwen-mt-turbo qwen-omni-turbo qwen-omni-turbo-realtime qwen-plus qwen-turbo qwen-vl-max qwen-vl-ocr qwen-vl-plus
    qwen3-coder-flash qwen3-coder-plus qwen3-max qwen3-omni-flash qwen3-omni-flash-realtime qwen3-vl-flash qwen3-vl-plus
    qwen3.5-plus qwen3.6-plus qwq-plus voxtral-mini
    """
)
"""Names that have had several dated editions: there the date is part of the name. Elsewhere a full date at the end only repeats it."""

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
