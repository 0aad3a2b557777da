"""The places people go from the menu, by role. A place is shown only where a room serves its path."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from starlette.routing import BaseRoute

from contracts.codes import Role

RESIDENT, CARETAKER, STAFF, OPERATOR = Role.RESIDENT, Role.CARETAKER, Role.STAFF, Role.OPERATOR


def _(text: str) -> str:
    """Marks a text for the catalogues; it is translated when the page is made."""
    return text


@dataclass(frozen=True)
class Place:
    path: str
    label: str
    """English source text."""
    roles: tuple[Role, ...]
    key: str = ""
    """Reached by `g` and this letter."""

    def holds(self, path: str) -> bool:
        """Whether `path` is this place or below it."""
        return path == self.path or path.startswith(self.path + "/")


MENU = (
    Place("/home", _("My home"), (RESIDENT,), "h"),
    Place("/consumption", _("My consumption"), (RESIDENT,), "c"),
    Place("/tips", _("My tips"), (RESIDENT,), "a"),
    Place("/tickets", _("My requests"), (RESIDENT,), "d"),
    Place("/messages", _("My messages"), (RESIDENT,), "m"),
    Place("/desk", _("Desk"), (STAFF, CARETAKER), "d"),
    Place("/incidents", _("Incidents"), (STAFF, CARETAKER), "i"),
    Place("/inspections", _("Inspections"), (STAFF, CARETAKER), "e"),
    Place("/calendar", _("Visits"), (STAFF, CARETAKER), "v"),
    Place("/homes", _("Homes"), (STAFF,), "h"),
    Place("/move-ins", _("Move-ins"), (STAFF,), "m"),
    Place("/fleet", _("Meters"), (OPERATOR,), "m"),
    Place("/quarantine", _("Quarantine"), (OPERATOR,), "q"),
    Place("/imports", _("Import a file"), (OPERATOR,), "i"),
    Place("/replays", _("Replays"), (OPERATOR,), "r"),
    Place("/mailbox", _("Mailbox"), (OPERATOR,), "b"),
)
ACCOUNT = (
    Place("/messages", _("My messages"), (CARETAKER, STAFF, OPERATOR)),
    Place("/parties", _("Partners"), (STAFF,)),
    Place("/data", _("My data and consents"), (RESIDENT,)),
    Place("/preferences", _("My notifications"), (RESIDENT, CARETAKER, STAFF, OPERATOR)),
    Place("/reports/aftersales", _("How after-sales did"), (STAFF,)),
    Place("/settings/aftersales", _("Settings of after-sales"), (STAFF,)),
    Place("/account", _("My account"), (RESIDENT, CARETAKER, STAFF, OPERATOR)),
)
HOME = {RESIDENT: "/home", CARETAKER: "/desk", STAFF: "/desk", OPERATOR: "/fleet"}
"""Where `/` leads, by role."""


class Map:
    """Which paths answer GET in the composed application."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._paths = frozenset(
            str(route.path)  # type: ignore[attr-defined]
            for route in each_route(routes)
            if "GET" in (getattr(route, "methods", None) or ())
        )

    def has(self, path: str) -> bool:
        return path in self._paths

    def menu(self, role: str | None) -> list[Place]:
        return [place for place in MENU if role in place.roles and self.has(place.path)]

    def account(self, role: str | None) -> list[Place]:
        return [place for place in ACCOUNT if role in place.roles and self.has(place.path)]


def each_route(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """One by one also those of routers within routers, which FastAPI keeps whole."""
    for route in routes:
        nested = getattr(route, "original_router", None)
        if nested is None:
            yield route
        else:
            yield from each_route(nested.routes)
