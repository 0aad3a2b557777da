"""Finding a request by what people remember of it: its number, words, what broke, the home, the household."""

import re
from functools import cache

from sqlalchemy import text

from services.aftersales.taxonomy import taxonomy
from services.kit.unit import Unit

MOST = 2_000
"""The newest so many answer: more than anybody reads, and the next word narrows it."""

_PLAIN = str.maketrans("àâäáãçéèêëîïíôöóõùûüúñÿ", "aaaaaceeeeiiioooouuuuny")
"""As the database folds what it stores."""

# Elements and people are few; words are looked up by their index (see the migration). `homes`: a household's
# name or a dwelling's own reference, as all the words together or one of them.
_FOUND = """
SELECT id FROM aftersales.ticket WHERE coop = :coop AND number = CAST(:number AS integer)
UNION SELECT f FROM aftersales.found_by_words(:coop, to_tsquery('french', :words)) f WHERE :words <> ''
UNION SELECT t.id FROM aftersales.ticket t WHERE t.coop = :coop AND t.element = ANY(:elements)
    AND t.ended_at IS NULL
UNION SELECT t.id FROM aftersales.ticket t WHERE t.coop = :coop AND t.occupancy = ANY(
    SELECT r.occupancy FROM registry.contact c JOIN registry.resident r ON r.person = c.person
    WHERE c.coop = :coop AND :words <> '' AND c.name ILIKE :like
    UNION SELECT o.id FROM registry.dwelling d JOIN registry.occupancy o ON o.dwelling = d.id
    WHERE d.coop = :coop AND lower(d.ref) = lower(:asked))
ORDER BY 1 DESC LIMIT :most
"""


async def found(unit: Unit, asked: str) -> list[str]:
    """The ids of the cooperative's requests that answer `asked`, the newest first; at most `MOST`.

    A number is a request's own number or a home's. Words must all occur in what was written, from their
    beginning: `chaud` finds `chaudière`. What an element is called finds the requests under way about it.
    """
    terms = re.findall(r"[a-z0-9]+", folded(asked))
    number = re.fullmatch(r"\s*(?:n[o°]?\.?\s*|#)?(\d{1,9})\s*", asked.lower())
    rows = await unit.session.execute(
        text(_FOUND),
        {
            "coop": unit.coop,
            "number": int(number[1]) if number else None,
            "words": "" if number else " & ".join(f"{term}:*" for term in terms),
            "elements": _called(" ".join(terms)),
            "like": "%" + re.sub(r"([%_\\])", r"\\\1", asked.strip()) + "%",
            "asked": asked.strip(),
            "most": MOST,
        },
    )
    return list(rows.scalars())


def folded(words: str) -> str:
    """Lower case without accents."""
    return words.lower().replace("œ", "oe").replace("æ", "ae").translate(_PLAIN)


def _called(words: str) -> list[str]:
    """The elements whose name holds these words, in either language."""
    if len(words) < 3:
        return []
    return [code for code, names in _names().items() if any(words in name for name in names)]


@cache
def _names() -> dict[str, tuple[str, ...]]:
    return {
        code: tuple(folded(element.label.in_(language)) for language in ("fr", "en"))
        for code, element in taxonomy().elements.items()
    }
