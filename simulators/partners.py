"""The partners of a simulated cooperative: registered, written to, and at work from their personal link."""

import mailbox
import re
import time
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from simulators.api import Api
from simulators.forms import Fields, Forms

MAIL_DOMAIN = "entreprises.invalid"
"""A domain that can never exist (RFC 2606)."""
_LINK = re.compile(r"/contractor/([A-Za-z0-9_.-]+)")
PATIENCE_S = 20.0


@dataclass
class Firm:
    """A partner. With a link it works like its people would, from its own page."""

    id: str
    kind: str
    trades: tuple[str, ...]
    warranties: tuple[str, ...]
    forms: Forms | None = None
    token: str = ""

    @property
    def works_by_link(self) -> bool:
        return self.forms is not None

    def act(self, ticket: str, what: str, fields: Fields, photo: bytes | None = None) -> None:
        """One form of a job's page. FormRefused when it is not taken."""
        assert self.forms is not None
        self.forms.send(f"/contractor/{self.token}/jobs/{ticket}/{what}", fields, photo)


@dataclass
class Partners:
    """Everybody the cooperative works with, by id."""

    firms: dict[str, Firm] = field(default_factory=dict)

    def __getitem__(self, firm: str | None) -> Firm | None:
        return self.firms.get(firm or "")

    def builder(self, regimes: set[str]) -> Firm | None:
        """The contractor that owes one of these warranties."""
        owing = [one for one in self.firms.values() if one.kind == "contractor"]
        return next((one for one in owing if regimes & set(one.warranties)), None)

    def of_trade(self, trade: str) -> Firm | None:
        return next((one for one in self.firms.values() if trade in one.trades), None)


def open_partners(staff: Api, base_url: str, buildings: list[str], letters: Path | None) -> Partners:
    """Registers all of them, offers the teams' hours, and sends each firm its link; `letters` is the folder
    of the embedded mailbox, where firms find it."""
    known, wanted = Partners(), _table()
    addresses: dict[str, Firm] = {}
    for row in wanted["partners"]:
        email = f"{row['email']}@{MAIL_DOMAIN}"
        body = {
            "kind": row["kind"],
            "name": row["name"],
            "email": email,
            "address": "1 rue de l'Exemple, 69100 Exemple",
            "reference": row.get("reference"),
            "trades": row.get("trades", []),
            "warranties": row.get("warranties", []),
            "buildings": buildings if row.get("everywhere") else [],
        }
        made = staff.post("/parties", body)
        firm = Firm(made["id"], row["kind"], tuple(body["trades"]), tuple(body["warranties"]))
        known.firms[firm.id] = firm
        if row["kind"] in ("contractor", "vendor"):
            staff.post(f"/parties/{firm.id}/link")
            addresses[email] = firm
    hours = wanted["teams"]
    for host in hours["hosts"]:
        for weekday in range(5):
            body = {"host": host, "weekday": weekday}
            body |= {name: hours[name] for name in ("starts", "ends", "window_minutes", "capacity")}
            staff.post("/availability", body)
    if letters is not None:
        _hand_out(addresses, base_url, letters)
    return known


def _hand_out(addresses: dict[str, Firm], base_url: str, letters: Path) -> None:
    """Each firm opens its letter. One whose letter does not come works by telephone."""
    end = time.monotonic() + PATIENCE_S
    waiting = dict(addresses)
    while waiting and time.monotonic() < end:
        for email, token in _links(letters).items():
            firm = waiting.pop(email, None)
            if firm is not None:
                firm.forms, firm.token = Forms(base_url), token
        if waiting:
            time.sleep(0.1)


def _links(letters: Path) -> dict[str, str]:
    """The latest link of each address."""
    found: dict[str, str] = {}
    if not letters.exists():
        return found
    for letter in mailbox.Maildir(letters, create=False):
        to = str(letter["To"] or "").rpartition("<")[2].rstrip(">")
        if to.endswith("@" + MAIL_DOMAIN):
            link = _LINK.search(_text(letter))
            if link:
                found[to] = link.group(1)
    return found


def _text(letter: Any) -> str:
    parts = [one for one in letter.walk() if one.get_content_type() == "text/plain"]
    return "\n".join((one.get_payload(decode=True) or b"").decode("utf-8", "replace") for one in parts)


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files("simulators") / "partners.yaml").read_text("utf-8"))
    return loaded
