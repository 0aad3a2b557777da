"""No default secret: generated once, private, and everything else follows from it."""

import stat
from pathlib import Path

import pytest

from services.kit import secrets
from services.kit.ids import new_id, new_uuid
from services.kit.settings import Settings


def settings(folder: Path, secret: str | None = None) -> Settings:
    return Settings.model_construct(data_dir=folder, secret=secret)


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = secrets.load(settings(tmp_path / "new"))
    again = secrets.load(settings(tmp_path / "new"))
    assert first.master == again.master
    assert len(first.master) >= 48
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600


def test_two_installations_share_nothing(tmp_path: Path) -> None:
    one, other = (secrets.load(settings(tmp_path / name)) for name in ("one", "other"))
    assert one.derive("nats/intake") != other.derive("nats/intake")


def test_each_purpose_has_its_own_password(tmp_path: Path) -> None:
    one = secrets.load(settings(tmp_path))
    assert one.derive("nats/intake") == one.derive("nats/intake")
    assert one.derive("nats/intake") != one.derive("nats/members")
    assert one.master not in repr(one)


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 characters"):
        secrets.load(settings(tmp_path, "secret"))


def test_ids_are_ordered_by_creation() -> None:
    ids = [new_id("mtr") for _ in range(500)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 500
    assert new_uuid().version == 7
