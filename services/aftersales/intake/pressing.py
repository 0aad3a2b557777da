"""How pressing it is, as the words say: proposed with those words, confirmed or taken back by a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.aftersales import urgency
from services.aftersales.intake.classifier import Understood
from services.aftersales.intake.problems import Problem
from services.aftersales.intake.understanding import listed
from services.aftersales.words import word


@dataclass(frozen=True)
class Asked:
    """One thing that would make the request more urgent."""

    code: str
    label: str
    because: str
    """The words that say so, in a sentence; empty where nothing does."""
    is_checked: bool


def asked(
    chosen: Sequence[Problem], heard: Understood, confirmed: Sequence[str] | None, language: str
) -> list[Asked]:
    """What can make these problems more urgent, ticked where the words say so or a person did before."""
    said = {one.code: one.words for one in heard.urgent}
    matter = {code for one in chosen for code in urgency.matters_for(one.element, one.symptom)}
    ticked = said if confirmed is None else confirmed
    return [
        Asked(
            code,
            word("urgency", code, language),
            word("intake", "you_wrote", language).format(words=listed([said[code]], language))
            if code in said
            else "",
            code in ticked,
        )
        for code in urgency.known(matter)
    ]


def confirmed(heard: Understood, ticked: Iterable[str], asked: Iterable[str]) -> tuple[str, ...]:
    """What a person ticked, and what the words say that nobody was asked about."""
    unasked = {one.code for one in heard.urgent} - set(asked)
    return urgency.known({*ticked, *unasked})


def began_on(heard: Understood, today: date) -> date | None:
    """The day since when it is so, where the words say how long."""
    return today - timedelta(days=heard.lasting.days) if heard.lasting else None
