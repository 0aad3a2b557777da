"""French as it is printed: apostrophes, and spaces that do not break before a sign or inside quotes."""

import re

_SPACE = "\N{NO-BREAK SPACE}"
_BEFORE = re.compile(r"[ \u202f\u00a0]+(?=[:;!?»])")
_AFTER = re.compile(r"«[ \u202f\u00a0]*")
_NUMBER = re.compile(r"\b(n°|art\.) (?=\w)")


def typeset(text: str) -> str:
    """The same text with typographic apostrophes, and no line break where a French reader wants none."""
    text = text.replace("'", "’")
    text = _AFTER.sub(f"«{_SPACE}", _BEFORE.sub(_SPACE, text))
    return _NUMBER.sub(rf"\1{_SPACE}", text)
