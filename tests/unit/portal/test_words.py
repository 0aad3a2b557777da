"""Everything a person reads exists in French and in English, in every room."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3]
ROOMS = [folder for folder in sorted((ROOT / "services").iterdir()) if (folder / "templates").is_dir()]


def _collector() -> ModuleType:
    specification = importlib.util.spec_from_file_location("messages", ROOT / "deploy/setup/messages.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_text_has_its_french(room: Path) -> None:
    path = room / "locale" / "fr" / "LC_MESSAGES" / "messages.po"
    assert path.exists(), "run `make messages`, then translate"
    with path.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    collector = _collector()
    untold = [
        message.id
        for message in collector._collect(room)
        if message.id and not ((known := catalogue.get(message.id)) and collector._is_told(known))
    ]
    assert not untold, "run `make messages`, then translate"
