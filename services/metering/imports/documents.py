"""What was found of a file and what a person said of it, back from the JSON in which a row keeps it."""

from datetime import datetime
from typing import Any

from contracts.codes import FileFormat, Quantity
from services.metering.files import Found, Options


def found_of(document: dict[str, Any]) -> Found:
    """The inverse of `dataclasses.asdict` through JSON."""
    lists = {name: tuple(document[name]) for name in ("rests_upon", "columns", "missing")}
    quantity = document["quantity"]
    return Found(
        **document
        | lists
        | {"format": FileFormat(document["format"]), "quantity": Quantity(quantity) if quantity else None}
    )


def options_of(document: dict[str, Any]) -> Options:
    """As `found_of`."""
    now, quantity = document.get("now"), document.get("quantity")
    return Options(
        **document
        | {
            "now": datetime.fromisoformat(now) if now else None,
            "quantity": Quantity(quantity) if quantity else None,
        }
    )
