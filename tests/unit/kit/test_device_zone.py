"""Where devices tell local time is a zone that exists, or Palier does not start."""

import pytest
from pydantic import ValidationError

from services.kit.settings import Settings


def test_a_zone_by_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PALIER_DEVICE_ZONE", "Indian/Reunion")
    assert Settings().device_zone == "Indian/Reunion"


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "CET-1CEST\x00"])
def test_anything_else_is_refused(name: str):
    with pytest.raises(ValidationError, match="time zone"):
        Settings(device_zone=name)
