"""Finding a request by what people remember of it: its number, words, what broke, the home, the household."""

import re
from collections.abc import Sequence
from functools import cache

from sqlalchemy import text

from services.aftersales.desk.wording import Term, corrected, terms
from services.aftersales.intake.spelling import folded
from services.aftersales.taxonomy import taxonomy
from services.kit.unit import Unit

MOST = 2_000
"""The newest so many answer: more than anybody reads, and the next word narrows it."""

# Elements and people are few; words are looked up by their index (see the migration). `homes`: a household's
# name or a dwelling's own reference, as all the words together or one of them.
_FOUND = """
SELECT id FROM aftersales.ticket WHERE coop = :coop AND number = CAST(:number AS integer)
UNION SELECT f FROM aftersales.found_by_words(:coop, {query}) f
UNION SELECT t.id FROM aftersales.ticket t WHERE t.coop = :coop AND t.element = ANY(:elements)
    AND t.ended_at IS NULL
UNION SELECT t.id FROM aftersales.ticket t WHERE t.coop = :coop AND t.occupancy = ANY(
    SELECT r.occupancy FROM registry.contact c JOIN registry.resident r ON r.person = c.person
    WHERE c.coop = :coop AND :is_text AND c.name ILIKE :like
    UNION SELECT o.id FROM registry.dwelling d JOIN registry.occupancy o ON o.dwelling = d.id
    WHERE d.coop = :coop AND lower(d.ref) = lower(:asked))
ORDER BY 1 DESC LIMIT :most
"""


async def found(unit: Unit, asked: str) -> list[str]:
    """The ids of the cooperative's requests that answer `asked`, the newest first; at most `MOST`.

    A number is a request's own number or a home's. Each word must occur in what was written, from its
    beginning (`chaud` finds `chaudière`), or in what its element, symptom or place is called. Where nothing
    answers, words that are one slip away from such names are taken for them.
    """
    number = re.fullmatch(r"\s*(?:n[o°]?\.?\s*|#)?(\d{1,9})\s*", asked.lower())
    if number:
        return await _answer(unit, asked, int(number[1]), [])
    answers = await _answer(unit, asked, None, terms(asked))
    if not answers and (others := corrected(asked)) is not None:
        answers = await _answer(unit, asked, None, others)
    return answers


async def _answer(unit: Unit, asked: str, number: int | None, words: Sequence[Term]) -> list[str]:
    query = " && ".join(
        f"(to_tsquery('french', :words_{i}) || CAST(:codes_{i} AS tsquery))" for i in range(len(words))
    )
    given: dict[str, str] = {}
    for i, term in enumerate(words):
        given[f"words_{i}"] = " | ".join(f"{word}:*" for word in term.words)
        given[f"codes_{i}"] = " | ".join(f"'{code}'" for code in term.codes)
    rows = await unit.session.execute(
        text(_FOUND.format(query=query or "CAST('' AS tsquery)")),
        {
            "coop": unit.coop,
            "number": number,
            "is_text": bool(words),
            "elements": _called(asked) if number is None else [],
            "like": "%" + re.sub(r"([%_\\])", r"\\\1", asked.strip()) + "%",
            "asked": asked.strip(),
            "most": MOST,
            **given,
        },
    )
    return list(rows.scalars())


def _called(words: str) -> list[str]:
    """The elements whose name holds these words, in either language: all requests under way about them
    answer, also those that are not among the newest."""
    words = " ".join(re.findall(r"[a-z0-9]+", folded(words)))
    if len(words) < 3:
        return []
    return [code for code, names in _names().items() if any(words in name for name in names)]


@cache
def _names() -> dict[str, tuple[str, ...]]:
    return {
        code: tuple(folded(element.label.in_(language)) for language in ("fr", "en"))
        for code, element in taxonomy().elements.items()
    }
