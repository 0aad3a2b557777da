"""The closed lists as choices with labels, and the refusal of codes that are not in them."""

from collections.abc import Container

from services.aftersales.bodies_shown import Coded, ElementChoice, PlaceChoice, TaxonomyOut
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import codes, word
from services.kit.problems import invalid


def taxonomy_out(language: str) -> TaxonomyOut:
    """Every closed list in the reader's language."""
    known = taxonomy()
    return TaxonomyOut(
        trades=[Coded(code=code, label=label.in_(language)) for code, label in known.trades.items()],
        elements=[
            ElementChoice(
                code=element.code,
                label=element.label.in_(language),
                trade=element.trade,
                symptoms=list(element.symptoms),
                is_common=element.is_common,
            )
            for element in known.elements.values()
        ],
        symptoms=[Coded(code=code, label=label.in_(language)) for code, label in known.symptoms.items()],
        places=[
            PlaceChoice(code=place.code, label=place.label.in_(language), is_common=place.is_common)
            for place in known.places.values()
        ],
        states=_group("states", language),
        actions=[one for one in _group("actions", language) if one.code != "submit"],
        reason_codes=_group("reason_codes", language),
        formal_reasons=_group("formal_reasons", language),
        qualities=_group("qualities", language),
        priorities=_group("priorities", language),
        responsible=_group("parties", language),
        regimes=_group("regimes", language),
        causes=_group("causes", language),
        channels=_group("channels", language),
        teams=_group("teams", language),
        deadlines=_group("deadlines", language),
        windows=_group("windows", language),
        equipment_regimes=_group("equipment_regimes", language),
        check_ins=_group("check_ins", language),
        opinion_marks=_group("opinion_marks", language),
        availability=_group("availability", language),
        urgency=_group("urgency", language),
    )


def check_codes(pointer: str, **given: str) -> None:
    """Refuse an unknown place, element or symptom, naming the field under `pointer`."""
    known = taxonomy()
    lists: dict[str, Container[str]] = {
        "place": known.places,
        "element": known.elements,
        "symptom": known.symptoms,
    }
    for name, code in given.items():
        if code not in lists[name]:
            raise invalid(f"{pointer}/{name}", "unknown_code", "No such code: GET /taxonomy lists them all.")


def _group(name: str, language: str) -> list[Coded]:
    return [Coded(code=code, label=word(name, code, language)) for code in codes(name)]
