"""Two hold-outs: how well households are understood whose sentences nobody saw who wrote the vocabulary.

The 120 sentences of the first file and the 160 of the second were written and labelled from the codes of the
taxonomy alone, without sight of the vocabulary and before anything was run. They must not be used to tune it:
a miss is improved by general knowledge of how people write, never by putting its words in, or these numbers
stop meaning anything. A failing test shows no sentence. The labels of the 60 rows of the French referential
were given in the same way; its texts are public and may have served before.

After a first measurement of the first file (trade 78, element 72, symptom 56 of 102) whoever went on with the
vocabulary was told of which kinds the misses were ("what is said to work wins", "water on electrics"), never
a sentence; then it was measured again. Still nobody tuned to these sentences, but their kinds are known now.
The last danger that was missed, a building that gives way, was mended after that, also by its kind alone.

The second file is of more different people and says its dangers badly on purpose. First measured: of 118
repairs trade 88, element 81, symptom 77; 10 of 25 dangers and no lock. Then the kinds of its misses were told
in the same way and general knowledge put in, and it was measured again: its floors are of that.

A floor is a little below what was measured. For dangers it is not: each of them has to be told, and those
that are missed are named here until they are told.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.codes import Priority
from services.aftersales.intake.classifier import SURE_ENOUGH, Understood, understand

HERE = Path(__file__).parent
AT_ONCE = (Priority.P0, Priority.P1)

MISSED_DANGERS: dict[str, str] = {
    "blind2-095": "sight",
    "blind2-108": "whereabouts",
}
"""Known to be missed, and by what each is told. One that is told at last has to be taken off."""


@dataclass(frozen=True)
class Row:
    """A sentence, what it may rightly be understood as, and what it was understood as."""

    label: dict[str, Any] = field(repr=False)
    understood: Understood = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.label["id"])

    @property
    def kind(self) -> str:
        return str(self.label.get("kind", "referential"))

    @property
    def is_repair(self) -> bool:
        """Something has to be proposed, or what is proposed has to be right."""
        wanted = bool(self.label["element"])
        return wanted and not (self.label["none_ok"] and not self.understood.proposals)

    def is_first(self, of: str) -> bool:
        proposals = self.understood.proposals
        return bool(proposals) and getattr(proposals[0], of) in self.label[of]

    @property
    def is_shown(self) -> bool:
        return any(one.element in self.label["element"] for one in self.understood.proposals)

    @property
    def is_forced(self) -> bool:
        proposals = self.understood.proposals
        return bool(proposals) and proposals[0].confidence >= SURE_ENOUGH

    @property
    def is_urgent(self) -> bool:
        proposals = self.understood.proposals
        in_danger = any(one.code != "lock" for one in self.understood.dangers)
        return in_danger or (bool(proposals) and proposals[0].priority in AT_ONCE)

    @property
    def is_danger_told(self) -> bool:
        return any(one.code in self.label["danger"] for one in self.understood.dangers)

    @property
    def is_false_alarm(self) -> bool:
        """A danger is told where there is none."""
        told = {one.code for one in self.understood.dangers}
        return not self.label["danger"] and bool(told - set(self.label["danger_tolerated"]))


@dataclass(frozen=True)
class Expected:
    """What a file holds, the shares that have to be right at least, and the alarms there may be at most."""

    file: str
    kinds: dict[str, int]
    languages: dict[str, int]
    trade: float
    element: float
    shown: float
    symptom: float
    beside_first: float
    beside_shown: float
    none_proposed: float
    none_sure: float
    hurry: float
    no_hurry: float
    alarms: dict[str, int]


FILES = [
    Expected(
        "blind_sentences.yaml",
        kinds={"plain": 65, "negation": 15, "danger": 15, "near_danger": 10, "not_repair": 15},
        languages={"fr": 96, "en": 24},
        # Measured: 95, 93, 95, 83 of 101.
        trade=0.92, element=0.90, shown=0.91, symptom=0.78,
        # 12 and 14 of 15.
        beside_first=0.80, beside_shown=0.90,
        # 14 and 15 of 18.
        none_proposed=0.72, none_sure=0.83,
        # 21 of 21 that cannot wait, 57 of 62 that can.
        hurry=0.95, no_hurry=0.85,
        alarms={"not_repair": 1, "near_danger": 4},
    ),
    Expected(
        "blind_sentences_2.yaml",
        kinds={
            "plain": 55, "two": 10, "negation": 15, "past": 8,
            "danger": 25, "near_danger": 20, "not_repair": 27,
        },
        languages={"fr": 90, "en": 60, "mixed": 10},
        # Measured first: 88, 81, 88, 77 of 118; now 98, 91, 95, 93.
        trade=0.80, element=0.75, shown=0.78, symptom=0.76,
        # First 14 and 19 of 23, now 19 and 21.
        beside_first=0.78, beside_shown=0.86,
        # First 20 and 37 of 39, now 31 and 36.
        none_proposed=0.74, none_sure=0.92,
        # First 16 of 26 that cannot wait and 96 of 106 that can, now 24 and 99.
        hurry=0.88, no_hurry=0.90,
        alarms={"past": 1, "near_danger": 2},
    ),
]  # fmt: skip


def _labels(file: str, of: str = "own") -> list[dict[str, Any]]:
    labels: list[dict[str, Any]] = yaml.safe_load((HERE / file).read_text("utf-8"))[of]
    return labels


def _dangers(labels: list[dict[str, Any]]) -> list[Any]:
    """Each danger by its name; a missed one is expected to fail, and no longer to fail is a failure too."""
    missed = {id: pytest.mark.xfail(reason=why, strict=True) for id, why in MISSED_DANGERS.items()}
    return [
        pytest.param(one["id"], id=one["id"], marks=[missed[one["id"]]] if one["id"] in missed else [])
        for one in labels
        if one["danger"]
    ]


def share(rows: list[Row], is_right: Callable[[Row], bool]) -> float:
    """How many of the rows are right, 0 to 1; prints those that are not, for whoever runs this with -s."""
    wrong = [row.id for row in rows if not is_right(row)]
    print(f"{len(rows) - len(wrong)}/{len(rows)}, wrong: {', '.join(wrong)}")
    return 1 - len(wrong) / len(rows)


OWN = {file.file: _labels(file.file) for file in FILES}
REFERENTIAL = _labels("blind_sentences.yaml", "histologe")


@pytest.fixture(scope="module")
def rows_of() -> dict[str, list[Row]]:
    return {file: [Row(label, understand(label["text"])) for label in labels] for file, labels in OWN.items()}


@pytest.fixture(params=FILES, ids=lambda file: file.file)
def expected(request: pytest.FixtureRequest) -> Expected:
    file: Expected = request.param
    return file


@pytest.fixture
def own(rows_of: dict[str, list[Row]], expected: Expected) -> list[Row]:
    return rows_of[expected.file]


@pytest.fixture(scope="module")
def referential(shared_data: Path) -> list[Row]:
    path = shared_data / "tickets_fr_histologe" / "DesordreCritere.yml"
    rows = yaml.safe_load(path.read_text("utf-8"))["desordre_critere"]
    texts = {row["slug_critere"]: row["label_critere"] for row in rows}
    return [Row(label, understand(texts[label["id"]])) for label in REFERENTIAL]


def test_the_sentences_are_spread_as_they_were_written(own: list[Row], expected: Expected) -> None:
    assert Counter(row.kind for row in own) == expected.kinds
    assert Counter(row.label["language"] for row in own) == expected.languages


def test_what_is_to_be_repaired_is_found(own: list[Row], expected: Expected) -> None:
    repairs = [row for row in own if row.is_repair]
    assert share(repairs, lambda row: row.is_first("trade")) >= expected.trade
    assert share(repairs, lambda row: row.is_first("element")) >= expected.element
    assert share(repairs, lambda row: row.is_shown) >= expected.shown
    assert share(repairs, lambda row: row.is_first("symptom")) >= expected.symptom


def test_what_works_beside_it_or_is_over_is_not_taken_for_it(own: list[Row], expected: Expected) -> None:
    beside = [row for row in own if row.kind in ("negation", "past")]
    assert share(beside, lambda row: row.is_first("element")) >= expected.beside_first
    assert share(beside, lambda row: row.is_shown) >= expected.beside_shown


def test_what_is_no_repair_is_not_made_one(own: list[Row], expected: Expected) -> None:
    others = [row for row in own if not row.label["element"]]
    assert share(others, lambda row: not row.understood.proposals) >= expected.none_proposed
    assert share(others, lambda row: not row.is_forced) >= expected.none_sure


def test_the_hurry_is_understood(own: list[Row], expected: Expected) -> None:
    hurries = [row for row in own if row.label["urgent"] is True]
    others = [row for row in own if row.label["urgent"] is False]
    assert share(hurries, lambda row: row.is_urgent) >= expected.hurry
    assert share(others, lambda row: not row.is_urgent) >= expected.no_hurry


@pytest.mark.parametrize("id", [one for labels in OWN.values() for one in _dangers(labels)])
def test_a_danger_is_told(rows_of: dict[str, list[Row]], id: str) -> None:
    [row] = [row for rows in rows_of.values() for row in rows if row.id == id]
    assert row.is_danger_told


def test_a_plain_repair_raises_no_alarm(own: list[Row], expected: Expected) -> None:
    alarms = Counter(row.kind for row in own if row.is_false_alarm)
    assert alarms <= Counter(expected.alarms)


def test_the_referential_is_understood(referential: list[Row]) -> None:
    """Measured: trade 55, element 54, among those shown 57, symptom 53 of 60, and no false alarm."""
    assert share(referential, lambda row: row.is_first("trade")) >= 0.90
    assert share(referential, lambda row: row.is_first("element")) >= 0.88
    assert share(referential, lambda row: row.is_shown) >= 0.93
    assert share(referential, lambda row: row.is_first("symptom")) >= 0.86
    assert [row.id for row in referential if row.is_false_alarm] == []


@pytest.mark.parametrize("id", _dangers(REFERENTIAL))
def test_a_danger_of_the_referential_is_told(referential: list[Row], id: str) -> None:
    [row] = [row for row in referential if row.id == id]
    assert row.is_danger_told, row.understood.dangers
