"""A user's series.toml that is wrong says in plain words what is, and what belongs there."""

import tomllib
from importlib.resources import files

import pytest

from market.series_form import KEYS, wrong

RIGHT = 'says = "mine"\nmeters = ["input_mtok"]\n'


def test_what_we_ship_is_right_and_uses_every_key() -> None:
    told = tomllib.loads(files("market").joinpath("series.toml").read_text())
    assert [wrong(name, entry) for name, entry in told.items()] == [None] * len(told)
    assert set().union(*told.values()) == set(KEYS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "x"', "write `[name]`"),
        ('[mine]\ncolour = "red"', "'colour'; a series has says"),
        ('[mine]\nmeters = ["input_mtok"]', "no says"),
        ('[mine]\nsays = "x"', "no meters"),
        (f'[mine]\n{RIGHT}families = "gpt"', "families = 'gpt' is wrong; it is a list"),
        ('[mine]\nsays = 5\nmeters = ["input_mtok"]', "says = 5 is wrong; it is a word"),
        (f'[mine]\n{RIGHT}providers = "three"', "a whole number"),
        (f"[mine]\n{RIGHT}providers = 0", "a whole number"),
        (f'[mine]\n{RIGHT}known_before = "2025"', "a day such as"),
        (f"[mine]\n{RIGHT}words = [1]", "a list of words"),
    ],
)
def test_the_first_thing_wrong_is_said_in_plain_words(text: str, says: str) -> None:
    ((name, entry),) = tomllib.loads(text).items()
    assert says in str(wrong(name, entry))
    assert "__" not in str(wrong(name, entry)) and wrong("mine", tomllib.loads(RIGHT)) is None
