"""Pictures are read by processes of their own: few at a time, in their time, and none takes the web along."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from services.aftersales.photos import developing
from services.aftersales.photos.decoder import Harmless, Refused
from services.aftersales.photos.developing import developed
from tests.pictures import HEIC, drawn, photo


async def refused(raw: bytes) -> str:
    with pytest.raises(Refused) as error:
        await developed(raw)
    return error.value.code


@pytest.mark.parametrize(
    "raw", [photo(), photo("PNG"), photo("WEBP"), HEIC], ids=["jpeg", "png", "webp", "heic"]
)
async def test_every_format_comes_back_as_two_jpeg_files(raw: bytes) -> None:
    made = await developed(raw)
    for content in (made.full, made.small):
        assert Image.open(io.BytesIO(content)).format == "JPEG"


async def test_the_process_has_memory_for_the_largest_photo() -> None:
    made = await developed(photo("PNG", image=Image.new("RGBA", (8000, 6250), (10, 20, 30, 255))))
    assert (made.width, made.height) == (2048, 1600)


async def test_what_is_no_photo_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(developing, "_DECODER", Path("gone"))
    assert await refused(b"<svg/>") == "svg"


async def test_a_reader_that_dies_is_a_photo_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fatal = tmp_path / "fatal.py"
    fatal.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(developing, "_DECODER", fatal)
    assert await refused(photo()) == "unreadable"


async def test_a_reader_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text("import threading; threading.Event().wait()")
    monkeypatch.setattr(developing, "_DECODER", endless)
    monkeypatch.setattr(developing, "MOST_SECONDS", 0.3)
    assert await refused(photo()) == "too_large"


async def test_few_are_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most = 0, 0

    async def slowly(raw: bytes) -> bytes:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return b'{"width": 1, "height": 1, "full": 1, "small": 1}\nab'

    monkeypatch.setattr(developing, "_answer", slowly)
    found = await asyncio.gather(*[developed(photo(image=drawn(8, 8)), f"sender-{n}") for n in range(6)])
    assert found == [Harmless(b"a", b"b", 1, 1)] * 6
    assert most == developing.AT_ONCE
    most = 0
    await asyncio.gather(*[developed(photo(image=drawn(8, 8)), "the same") for _ in range(6)])
    assert most == developing.AT_ONCE - 1
