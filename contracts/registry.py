"""The read-only views that rooms, `members` before all, publish in the database schema `registry`.

They are how a room learns, now and not from copies, who lives where, who may be written to and what
is consented. Each view shows a web role only the cooperative of its request (`palier.sees`), and a
work role all of them. A view's `rooms` may read it, each only the columns that it has a use for; nothing
else crosses rooms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class View:
    name: str
    columns: dict[str, str]
    """Column name to meaning (type, unit)."""
    rooms: tuple[str, ...]
    """Rooms whose two database roles may SELECT."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a room that may not read all of it: the columns that it may."""

    def columns_for(self, room: str) -> frozenset[str]:
        """What the room may read of it; nothing for a room that it is not for."""
        if room not in self.rooms:
            return frozenset()
        return frozenset(self.only.get(room, self.columns))


_OWN_HOMES = ("id", "coop", "dwelling", "moved_in_on", "ends_at")
_WHO_LIVES_THERE = ("occupancy", "coop", "person", "since_on", "until_on")
"""What every room needs that shows a person their own homes: `services.kit.registry`."""


VIEWS: tuple[View, ...] = (
    View(
        "coop",
        {
            "slug": "text, the cooperative; a sandbox that was dropped is none",
            "name": "text",
            "zone": "text, IANA zone",
            "sandbox": "bool: simulated, nothing may reach a real person",
            "business_now": "timestamptz or null: a sandbox's own clock; null means wall time",
        },
        ("members", "metering", "advice", "aftersales", "notifications"),
    ),
    View(
        "dropped",
        {"slug": "text, a sandbox that was dropped within the last day: nothing is kept of it any more"},
        ("metering", "aftersales"),
    ),
    View(
        "building",
        {
            "id": "text bld_",
            "coop": "text",
            "ref": "text, the cooperative's own reference",
            "residence": "text, name of the residence",
            "reception_on": "date or null: legal réception of the works",
        },
        ("metering", "aftersales"),
        {"metering": ("id", "coop", "ref", "residence")},
    ),
    View(
        "dwelling",
        {
            "id": "text dwl_",
            "coop": "text",
            "ref": "text",
            "building": "text bld_ or null",
            "residence": "text",
            "staircase": "text or null",
            "floor": "text or null",
            "floor_area_m2": "numeric",
            "heating": "text, contracts.codes.Heating",
            "postcode": "text",
            "zone": "text, IANA zone",
            "built_on": "date or null",
            "reception_on": "date or null: the dwelling's own, else its building's",
        },
        ("metering", "advice", "aftersales", "notifications"),
        {
            "metering": ("id", "coop", "ref", "building", "residence", "heating", "zone"),
            "advice": ("id", "coop", "ref", "residence", "heating", "floor_area_m2", "zone"),
            "aftersales": (
                "id",
                "coop",
                "ref",
                "building",
                "residence",
                "staircase",
                "floor",
                "heating",
                "postcode",
                "zone",
                "built_on",
                "reception_on",
            ),
            "notifications": ("id", "coop", "ref", "residence", "zone"),
        },
    ),
    View(
        "address",
        {
            "place": "text dwl_ or bld_",
            "coop": "text",
            "street": "text or null: number and street, its own, else its building's or residence's",
            "city": "text or null",
        },
        ("aftersales",),
    ),
    View(
        "meter",
        {
            "id": "text mtr_",
            "coop": "text",
            "dwelling": "text dwl_ or null",
            "building": "text bld_ or null: a common part's meter",
            "fluid": "text, contracts.codes.Fluid",
            "serial": "text or null",
            "zone": "text, IANA zone of its civil days",
        },
        ("metering", "advice", "aftersales"),
        {
            "advice": ("id", "coop", "dwelling"),
            "aftersales": ("id", "coop", "dwelling", "building", "fluid", "serial"),
        },
    ),
    View(
        "contract",
        {
            "meter": "text mtr_",
            "coop": "text",
            "valid_from": "date, the first civil day",
            "tariff": "text, contracts.codes.TariffKind",
            "subscribed_kva": "int or null",
            "offpeak": "jsonb list of 'HH:MM-HH:MM' local",
            "prices": "jsonb or null: the household's own, decimal strings, EUR/kWh or of water EUR/m³",
            "gas_kwh_m3": "numeric or null: energy of a cubic metre of gas as the meter counts it",
        },
        ("metering", "advice"),
        {"advice": ("meter", "coop", "valid_from", "tariff", "subscribed_kva", "offpeak", "prices")},
    ),
    View(
        "exchange",
        {
            "id": "text exc_; a row exists only while it is not undone",
            "coop": "text",
            "meter": "text mtr_",
            "quantity": "text, contracts.codes.Quantity of the register whose index was read",
            "exchanged_on": "date, the civil day",
            "exchanged_at": "timestamptz or null: the instant, where it was noted",
            "old_milli": "bigint or null: last index of the old register, thousandths of the canonical unit",
            "new_milli": "bigint or null: first index of the new one",
            "old_serial": "text or null",
            "new_serial": "text or null",
        },
        ("metering",),
    ),
    View(
        "channel",
        {"gateway": "text gtw_", "coop": "text", "channel": "text, device's own name", "meter": "text mtr_"},
        ("metering", "aftersales"),
        {"aftersales": ("gateway", "coop", "meter")},
    ),
    View(
        "occupancy",
        {
            "id": "text occ_",
            "coop": "text",
            "dwelling": "text dwl_",
            "building": "text bld_ or null",
            "tenure": "text, contracts.codes.Tenure",
            "moved_in_on": "date",
            "moved_out_on": "date or null: the last day",
            "starts_at": "timestamptz, local midnight of moved_in_on",
            "ends_at": "timestamptz or null, local midnight after moved_out_on",
            "livraison_on": "date or null: the keys to a buyer",
            "quiet": "bool",
        },
        ("metering", "advice", "aftersales", "notifications"),
        {
            "metering": (
                "id",
                "coop",
                "dwelling",
                "moved_in_on",
                "moved_out_on",
                "starts_at",
                "ends_at",
            ),
            "advice": _OWN_HOMES,
            "notifications": _OWN_HOMES,
        },
    ),
    View(
        "resident",
        {
            "occupancy": "text occ_",
            "coop": "text",
            "person": "text per_",
            "right": "text, contracts.codes.Right",
            "since_on": "date",
            "until_on": "date or null",
        },
        ("metering", "advice", "aftersales", "notifications"),
        {"metering": _WHO_LIVES_THERE, "advice": _WHO_LIVES_THERE, "notifications": _WHO_LIVES_THERE},
    ),
    View(
        "consent",
        {
            "occupancy": "text occ_",
            "coop": "text",
            "purpose": "text, contracts.codes.Purpose; a row exists only while consent holds",
        },
        ("metering", "advice"),
    ),
    View(
        "contact",
        {
            "person": "text per_",
            "coop": "text",
            "name": "text",
            "email": "text or null",
            "mobile": "text or null",
            "postal": "text or null",
            "language": "text, fr or en",
        },
        ("aftersales", "notifications"),
        {"aftersales": ("person", "coop", "name", "email", "mobile", "language")},
    ),
    View(
        "staff",
        {
            "id": "text per_",
            "coop": "text",
            "name": "text, shown to households: a named person",
            "phone": "text or null",
            "role": "text: staff, caretaker or operator",
            "team": "text or null",
        },
        ("aftersales", "notifications"),
    ),
    View(
        "supply_fault",
        {
            "id": "text flt_",
            "coop": "text",
            "evidence": "jsonb: `figures`, and the `curve` or `days` that it was seen in",
        },
        ("aftersales",),
    ),
    View(
        "incident_news",
        {
            "id": "text inn_",
            "coop": "text",
            "text_fr": "text that staff wrote for every household concerned; it names nobody",
            "text_en": "text or null",
        },
        ("notifications",),
    ),
    View(
        "step_remark",
        {
            "ticket": "text tkt_",
            "place": "int, the step's place in the request's history",
            "coop": "text",
            "words": "text or null: what whoever did the work says remains to do; its household may read it",
        },
        ("notifications",),
    ),
    View(
        "firm",
        {"id": "text pty_", "coop": "text", "name": "text, of a firm or another party"},
        ("notifications",),
    ),
    View(
        "staff_contact",
        {
            "person": "text per_ of staff or a caretaker",
            "coop": "text",
            "name": "text",
            "email": "text, to be mailed what may not wait",
            "language": "text, fr or en",
        },
        ("notifications",),
    ),
)
