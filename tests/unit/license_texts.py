"""Renderings and mutants of license texts, and a made-up license where no real ones are at hand."""

import random
import re
import textwrap
from collections.abc import Iterator
from html import escape

import recordings

MADE_UP = """Zebra Model License, version 1.0, March 3, 2026

1. Grant. Zebra Works grants you a worldwide, irrevocable and royalty-free license to use, copy, change and share the Zebra weights,
for any lawful purpose, "as they are", until you break these terms.

2. Large users. If more than 700 million people use your product in a month, you shall ask Zebra Works for another license.

3. Policy. Your use keeps to the use policy at https://zebra.example.com/policy, which is part of this license.

4. Outputs. Zebra Works claims nothing of what the weights write. You may train other models on it.

5. Ending. This license ends when you break it; sections 2 and 4 stay in force after that, for 30 days.

6. Warranty. The weights come without any warranty, and nobody pays for harm that they do, to the extent that the law permits."""

RESTRICTIONS = (
    "Use for commercial purposes is not permitted.",
    "Companies with more than 10 million users must obtain a separate license.",
    "The model may not be used for military purposes.",
    "Outputs shall not be used to train other models.",
    "This license does not apply in the European Union.",
    "Any hosted service requires the prior written approval of the author.",
)
DISGUISES = (
    "Copyright 2024 Heron Works. {clause}",
    "Copyright (c) 2024 Heron Works, {clause}",
    "Copyright (c) 2024 {clause}",
    "Copyright (c) 2024 Heron Works\n{clause}",
    "Copyright (c) 2024 Heron Works. All rights reserved. {clause}",
    "(c) {clause}",
)
NAVIGATION = "<nav><ul><li><a href='/'>Home</a></li><li>Only for members: prices are not shown</li></ul></nav>"
SWAPS = {
    "irrevocable": "revocable", "shall": "may", "must": "may", "may": "must", "not": "now", "any": "no", "free": "paid", "granted": "refused",
    "worldwide": "national", "permitted": "prohibited", "with": "without", "use": "sell", "you": "we", "all": "some",
}  # fmt: skip


def real() -> dict[str, str]:
    """The recorded license texts by the name of their file; empty where there are none."""
    folder = recordings.SHARED / "data" / "licenses"
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())} if folder.is_dir() else {}


def body(text: str) -> str:
    """A text without front matter."""
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S).strip()


def renderings(text: str) -> dict[str, str]:
    """One text in the six forms that it is met in."""
    plain = body(text)
    blocks = re.split(r"\n\s*\n", plain)
    wrapped = "\n\n".join(textwrap.fill(" ".join(block.split()), 61) for block in blocks)
    smart = re.sub(r'"([^"\n]*)"', "“\\1”", plain).replace("'", "’")
    marked = "\n\n".join(
        f"## {block}" if len(block) < 60 and "\n" not in block else f"> **{block}**" for block in re.split(r"\n\s*\n", smart)
    )
    paragraphs = "".join(f"<p class='t'>{escape(block)}</p>" for block in blocks)
    footer = "<footer>Except as otherwise noted, all rights reserved. You must not copy this page.</footer>"
    page = f"<!doctype html><html><head><title>Terms</title><script>no()</script></head><body>{NAVIGATION}<main>{paragraphs}</main>{footer}</body></html>"
    readme = f"# Atlas 7B\n\nA small model for long texts, released in March.\n\n```python\nload('atlas')\n```\n\n## License\n\n{plain}\n\n## Citation\n\nAtlas team, 2026."
    return {"exact": plain, "wrapped": wrapped, "markdown": marked, "page": page, "readme": readme, "begun": plain[: len(plain) * 6 // 10]}


def mutants(text: str, seed: int, each: int = 3) -> Iterator[tuple[str, str]]:
    """(what was done, the text) with one restriction more, also in a line of copyright, one word or number changed, or one sentence dropped."""
    chance, plain = random.Random(seed), body(text)
    ends = [match.end() for match in re.finditer(r"\.\s", plain)]
    for clause in chance.sample(RESTRICTIONS, each):
        yield "append", f"{plain}\n\n{clause}"
        at = chance.choice(ends)
        yield "insert", f"{plain[:at]} {clause} {plain[at:]}"
    for number, disguise in enumerate(DISGUISES):
        clause = RESTRICTIONS[(seed + number) % len(RESTRICTIONS)]
        clause = (clause, clause.title(), clause.upper())[(seed + number) % 3]
        yield "notice", f"{disguise.format(clause=clause)}\n\n{plain}"
    words = [match for match in re.finditer(r"[A-Za-z]+", plain) if match[0].lower() in SWAPS]
    for match in chance.sample(words, min(each, len(words))):
        yield "swap", plain[: match.start()] + SWAPS[match[0].lower()] + plain[match.end() :]
    numbers = list(re.finditer(r"\d+", plain))
    for match in chance.sample(numbers, min(each, len(numbers))):
        yield "number", plain[: match.start()] + str(int(match[0]) * 10 + 7) + plain[match.end() :]
    for at in chance.sample(range(len(ends) - 1), min(each, len(ends) - 1)):
        if plain[ends[at] : ends[at + 1]].strip():
            yield "drop", plain[: ends[at]] + plain[ends[at + 1] :]
