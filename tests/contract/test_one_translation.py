"""One source text has one French one: the catalogues of all rooms are read as a single one."""

from collections import defaultdict
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted(
    [*ROOT.glob("services/*/locale/*/LC_MESSAGES/*.po"), *ROOT.glob("deploy/locale/*/LC_MESSAGES/*.po")]
)


def test_no_source_text_has_two_translations() -> None:
    """The first catalogue read would decide how a page of another room reads."""
    assert CATALOGUES
    said: dict[object, dict[object, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in CATALOGUES:
        with path.open("rb") as file:
            catalogue = read_po(file)
        for message in catalogue:
            if message.id:
                source, told = _frozen(message.id), _frozen(message.string)
                key = (path.parts[-3], message.context, source)
                said[key][told].append(str(path.relative_to(ROOT)))
    twice = {key: dict(told) for key, told in said.items() if len(told) > 1}
    assert not twice, "change one of the source texts where the sense differs"


def _frozen(words: object) -> object:
    return tuple(words) if isinstance(words, list | tuple) else words
