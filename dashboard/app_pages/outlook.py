"""Outlook: where the market goes; one function a section, in the order in which they stand."""

import streamlit as st

from dashboard import adoption, floors, frontier, panels

TOKENIZERS = (
    "Each model's tokens are counted by its own author's tokenizer: one text is more tokens to one model than to another, so sums and "
    "shares over several authors are rough."
)


def page() -> None:
    """Draws the room."""
    st.title("Outlook")
    for section in SECTIONS:
        section()


def tokens() -> None:
    """What goes through OpenRouter, open against closed."""
    st.subheader("Tokens: open against closed")
    if not adoption.shares("tokens", ("weights", "country", "license")):
        panels.text(
            "No token counts yet: `modelmarket collect openrouter_rankings` brings them where "
            "OPENROUTER_API_KEY holds a key of OpenRouter's.",
            "empty",
        )
        return
    adoption.weights()
    adoption.table("tokens", "Tokens in a week", "Prompt and completion tokens of the newest seven days, by each model's own tokenizer.")
    panels.text(
        f"{TOKENIZERS} Source: OpenRouter (openrouter.ai/rankings), CC BY 4.0; the fifty most used models of each day and the rest."
    )


def downloads() -> None:
    """What is fetched from the Hub."""
    st.subheader("Open weights: what is fetched and liked")
    if not adoption.shares("downloads", ("country", "license")):
        panels.text(
            "No downloads yet: `modelmarket collect huggingface` brings today's, "
            "`modelmarket backfill huggingface` two years of a daily list.",
            "empty",
        )
        return
    adoption.table("downloads", "Downloads in 30 days", "As the Hub counts them: files asked for, not people.")
    adoption.lines("downloads", "huggingface", "Downloads in 30 days")
    panels.text(
        "Only models that a list named that day are counted, and the lists change: the newest and last changed models, and before that a "
        "list of models that make embeddings in a browser. A sum over them says nothing about all of the Hub."
    )


def stars() -> None:
    """What developers mark on GitHub."""
    st.subheader("Stars of the authors' repositories")
    if not adoption.table("stars", "Stars", "Ever given, as GitHub counts them; of code and papers, not of models."):
        panels.text("No stars yet: `modelmarket collect github_stars` brings them.", "empty")


SECTIONS = (*floors.SECTIONS, frontier.section, tokens, downloads, stars)
