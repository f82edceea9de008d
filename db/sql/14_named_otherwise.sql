-- Whether a name says that the thing does not chat, whatever its source says of it.
create or replace function ledger.named_otherwise(name text) returns boolean
language sql immutable
return name ~* '\y(flux|sdxl|imagen|veo|sora|tts|bge|gte)\y|embed|rerank|guard|\yocr|ocr(\y|[0-9])|whisper|deepgram|nova-3$|stable-diffusion|dall-e';
