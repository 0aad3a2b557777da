"""The request with which a simulated household moves in, as the office sends it."""

from typing import Any

from services.kit.ids import new_id


def moving_in(coop: str, *, dwelling: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The body of `POST /move-ins`: one tenant in a new dwelling with an electricity meter.

    `dwelling` changes the dwelling's own fields, `changes` the others.
    """
    home = {
        "coop": coop, "ref": new_id("ref"), "residence": "Les Tilleuls", "floor_area_m2": 62,
        "heating": "district", "postcode": "69100",
        "meters": [{"fluid": "electricity", "tariff": "base", "subscribed_kva": 6}],
    } | (dwelling or {})  # fmt: skip
    person = {"name": "Foyer 12", "email": f"{new_id('f')}@foyer.test", "language": "fr", "right": "holder"}
    return {
        "coop": coop, "dwelling": home, "household": [person], "tenure": "tenant",
        "moved_in_on": "2026-01-05",
    } | changes  # fmt: skip
