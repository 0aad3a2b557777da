"""What the commands say: in French where LC_ALL, LC_MESSAGES or LANG asks for it, else in English."""

import gettext
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("fr", "en")
_LOCALE = Path(__file__).parent / "locale"


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The terminal's language: the first of the usual variables that is set says it."""
    said = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), ""
    )
    return "fr" if said.lower().startswith("fr") else "en"


def _(text: str) -> str:
    """`text` in the terminal's language. Figures are filled in afterwards: `_("{n} rows").format(n=3)`."""
    return _catalogue(language()).gettext(text)


def number(value: int | float, digits: int = 0) -> str:
    """`35,088` or `35 088`."""
    told = f"{value:,.{digits}f}"
    return told.replace(",", "\u202f").replace(".", ",") if language() == "fr" else told


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("messages", _LOCALE, [language], fallback=True)
