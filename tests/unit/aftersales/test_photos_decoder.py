"""A photo is written anew: what one sees stays, what came with it goes; all else that is sent is refused."""

import io
import struct
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from services.aftersales.photos.decoder import MOST_BYTES, Refused, harmless, kind_of
from services.aftersales.words import codes
from tests.pictures import BLUE, COMMENT, HEIC, MAKER, RED, WHITE, drawn, near, photo


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=("JPEG",))
    image.load()
    return image


def refused(raw: bytes) -> str:
    with pytest.raises(Refused) as error:
        harmless(raw)
    return error.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_one_sees_stays_and_where_it_was_taken_goes(kind: str) -> None:
    raw = photo(kind)
    assert MAKER.encode() in raw
    made = harmless(raw)
    for content in (made.full, made.small):
        image = opened(content)
        assert image.size == (96, 64)
        assert near(image.getpixel((10, 10)), RED)
        assert near(image.getpixel((90, 60)), BLUE)
        assert not image.getexif()
        assert {"exif", "comment", "icc_profile", "xmp"} & set(image.info) == set()
        for left in (MAKER, COMMENT, "Exif", "GPS"):
            assert left.encode() not in content


def test_a_photo_of_an_iphone_is_read_upright_and_without_its_place() -> None:
    assert MAKER.encode() in HEIC
    made = harmless(HEIC)
    image = opened(made.full)
    assert (made.width, made.height) == image.size == (64, 96)
    assert near(image.getpixel((50, 10)), RED)
    assert near(image.getpixel((10, 80)), BLUE)
    assert not image.getexif()


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [(1, (96, 64), (5, 5)), (2, (96, 64), (90, 5)), (3, (96, 64), (90, 60)), (4, (96, 64), (5, 60)),
     (5, (64, 96), (5, 5)), (6, (64, 96), (60, 5)), (7, (64, 96), (60, 90)), (8, (64, 96), (5, 90))],
)  # fmt: skip
def test_it_stands_upright_however_the_phone_was_held(
    orientation: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    image = opened(harmless(photo(orientation=orientation)).full)
    assert image.size == size
    assert near(image.getpixel(red), RED)


def test_large_photos_become_smaller_and_never_larger() -> None:
    made = harmless(photo(image=drawn(4000, 3000)))
    assert (made.width, made.height) == (2048, 1536)
    assert opened(made.small).size == (400, 300)
    assert harmless(photo("PNG", image=drawn(5000, 2))).height == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_every_kind_of_colours_is_read(mode: str) -> None:
    grey = Image.new("L", (3000, 40), 128)
    raw = io.BytesIO()
    (grey if mode == "I;16" else grey.convert("RGB")).convert(mode).save(
        raw, "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    )
    assert harmless(raw.getvalue()).width == 2048


def test_what_is_transparent_becomes_white_paper() -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert near(opened(harmless(photo("PNG", image=clear)).full).getpixel((20, 20)), WHITE)
    palette = drawn().convert("P")
    raw = io.BytesIO()
    palette.save(raw, "PNG", transparency=palette.getpixel((10, 10)))
    assert near(opened(harmless(raw.getvalue()).full).getpixel((10, 10)), WHITE)


def test_colours_come_as_srgb_and_a_broken_profile_does_no_harm() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"not a profile", srgb[:200]):
        made = harmless(photo(icc_profile=profile))
        assert near(opened(made.full).getpixel((10, 10)), RED)
        assert b"ICC_PROFILE" not in made.full


XMP = b"<x:xmpmeta><exif:GPSLatitude>45,46.1N</exif:GPSLatitude></x:xmpmeta>"


def with_xmp(jpeg: bytes) -> bytes:
    part = b"http://ns.adobe.com/xap/1.0/\x00" + XMP
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part + jpeg[2:]


def several(kind: str) -> bytes:
    """The drawing first, then others."""
    out = io.BytesIO()
    others = [Image.new("RGB", (96, 64), "lime") for _ in range(3)]
    drawn().save(out, kind, save_all=True, append_images=others)
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [with_xmp(photo()), photo("WEBP", xmp=XMP), several("WEBP"), several("PNG"), several("MPO")],
    ids=["xmp of a jpeg", "xmp of a webp", "animated webp", "animated png", "two pictures in a jpeg"],
)
def test_of_what_holds_more_than_one_picture_the_first_is_kept_and_no_place(raw: bytes) -> None:
    made = harmless(raw)
    for content in (made.full, made.small):
        assert opened(content).size == (96, 64)
        assert near(opened(content).getpixel((10, 10)), RED)
        assert getattr(opened(content), "n_frames", 1) == 1
        for left in (b"GPS", b"45,46", b"xap/1.0", b"MPF", b"Exif", b"ICC_PROFILE", b"XMP"):
            assert left not in content
        # A JPEG of ours has its tables and its picture: no part that applications write.
        assert not [at for at in range(0xE1, 0xF0) if bytes([0xFF, at]) in content[:600]]


def test_nothing_hides_behind_the_picture() -> None:
    hidden = b"PK\x03\x04 a program"
    made = harmless(photo() + hidden)
    assert hidden not in made.full
    notes = PngImagePlugin.PngInfo()
    notes.add_text("note", "12 rue des Aulnes", zip=True)
    notes.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    assert b"Aulnes" not in harmless(photo("PNG", pnginfo=notes)).full


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"GIF89a\x01\x00", "gif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "svg"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isom", "video"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "not_a_photo"),
        (b"<!doctype html><script>", "not_a_photo"),
        (b"MZ\x90\x00", "not_a_photo"),
        (b"\xff\xd8\xff\xe0 nothing of a picture", "unreadable"),
        (b"x" * (MOST_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_photo_is_told_by_its_own_reason(raw: bytes, code: str) -> None:
    assert refused(raw) == code
    assert code in codes("photo_refusals")


@pytest.mark.parametrize("page", [b"<html><script>alert(1)</script>", b"<!DOCTYPE HTML>", b"<ScRiPt src=x>"])
def test_a_page_in_a_photo_is_refused_wherever_it_hides(page: bytes) -> None:
    assert refused(photo() + page) == "more_than_photo"
    assert refused(photo(comment=page)) == "more_than_photo"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_photo_is_no_photo(kind: str) -> None:
    raw = photo(kind, image=drawn(800, 600))
    assert refused(raw[: len(raw) // 2]) == "unreadable"


def test_half_a_heic_is_no_photo() -> None:
    assert refused(HEIC[:500]) == "unreadable"


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises a picture that nobody could hold; its data are a few bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\x00" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (8000, 6251), (2**31 - 1, 1), (1, 2**31 - 1)]
)
def test_a_bomb_is_known_by_its_header(width: int, height: int) -> None:
    assert refused(bomb(width, height)) == "too_many_pixels"


def test_a_flood_of_text_in_a_png_is_refused() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("flood", "x" * 70_000_000, zip=True)
    assert refused(photo("PNG", pnginfo=notes)) == "unreadable"


def takes_or_refuses(raw: bytes) -> None:
    """Raises whatever is neither."""
    try:
        made = harmless(raw)
    except Refused as refusal:
        told = refusal.code
    else:
        told = "unreadable" if opened(made.full).size != (made.width, made.height) else ""
    assert told in ("", *codes("photo_refusals"))


BEGINNINGS = [
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\x00\x00\x00\x00WEBP",
    b"\x00\x00\x00\x1cftypheic",
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400))
@example(b"\x89PNG\r\n\x1a\n", b"")
def test_whatever_is_sent_is_taken_or_refused(beginning: bytes, rest: bytes) -> None:
    takes_or_refuses(beginning + rest)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from([photo("JPEG"), photo("PNG"), photo("WEBP"), HEIC]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6)), max_size=12),
    st.floats(0, 1),
)
def test_a_photo_damaged_on_its_way_is_taken_or_refused(
    raw: bytes, damages: list[tuple[float, bytes]], kept: float
) -> None:
    broken = bytearray(raw)
    for place, value in damages:
        at = int(place * len(broken))
        broken[at : at + len(value)] = value
    takes_or_refuses(bytes(broken[: max(1, int(kept * len(broken)))] if kept < 0.9 else broken))


def test_formats_are_known_by_content() -> None:
    assert [kind_of(raw) for raw in (photo(), photo("PNG"), photo("WEBP"), HEIC)] == [
        "JPEG", "PNG", "WEBP", "HEIF",
    ]  # fmt: skip
