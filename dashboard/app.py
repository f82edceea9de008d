"""The dashboard's door: which pages there are, and what becomes of an error."""

import logging
from pathlib import Path

import streamlit as st

from dashboard import panels
from dashboard.app_pages import choose, claims, data, licenses, monday, outlook, prices
from market.errors import MarketError

log = logging.getLogger(__name__)


def main() -> None:
    """Draws the chosen page below the banner; an error becomes one sentence that says what to do."""
    st.set_page_config(page_title="modelmarket", page_icon=None, layout="wide", initial_sidebar_state="collapsed")
    st.html(Path(__file__).with_name("style.css"))
    pages = {
        "monday": st.Page(monday.page, title="Monday", url_path="monday", default=True),
        "prices": st.Page(prices.page, title="Prices", url_path="prices"),
        "choose": st.Page(choose.page, title="Choose", url_path="choose"),
        "outlook": st.Page(outlook.page, title="Outlook", url_path="outlook"),
        "licenses": st.Page(licenses.page, title="Licenses", url_path="licenses"),
        "claims": st.Page(claims.page, title="Claims", url_path="claims"),
        "data": st.Page(data.page, title="Data", url_path="data"),
    }
    st.session_state["pages"] = pages
    chosen = st.navigation(list(pages.values()), position="top")
    try:
        panels.banner()
        chosen.run()
    except MarketError as error:
        log.warning("%s", error)
        panels.text(str(error), "empty")
    except Exception:
        log.exception("page %s failed", chosen.url_path)
        panels.text("This page could not be drawn; the dashboard's log says why. Other pages and `modelmarket status` still work.", "empty")


main()
