"""Makes a stranger's picture harmless: decoded, turned upright, made smaller, written anew without a word
of what came with it. Runs as a process of its own (`python decoder.py`), so that a picture made to break or
exhaust its reader ends that process and nothing else.

It imports nothing of the house: starting must be quick, and there is little to steal in it.
"""

import io
import json
import re
import resource
import sys
import warnings
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

MOST_BYTES = 15_000_000
MOST_PIXELS = 50_000_000
"""Read from the header, before anything is decoded."""
FULL_SIDE, SMALL_SIDE = 2048, 400
FULL_QUALITY, SMALL_QUALITY = 82, 72
_MEMORY_BYTES, _CPU_SECONDS = 1_500_000_000, 20
_BRANDS_OF_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_OTHER_CONTENT = re.compile(rb"<!doctype html|<script|<html[ >]", re.IGNORECASE)
"""Chance does not write these into a photo; somebody does who wants it read as something else."""


class Refused(Exception):
    """Why a picture is not taken: a code of `photo_refusals` in `words.yaml`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Harmless:
    """A picture written anew, as two JPEG files."""

    full: bytes
    small: bytes
    width: int
    height: int
    """Pixels of `full`."""


def harmless(raw: bytes) -> Harmless:
    """The picture, upright, at most 2048 pixels wide or high, and a small one of 400. Raises Refused only."""
    kind = kind_of(raw)
    try:
        image = _read(raw, kind)
        full = _reduced(image, FULL_SIDE)
        small = _reduced(full, SMALL_SIDE)
        return Harmless(_written(full, FULL_QUALITY), _written(small, SMALL_QUALITY), *full.size)
    except MemoryError:
        raise Refused("too_large") from None
    except Refused:
        raise
    except Exception:  # readers of pictures raise everything there is
        raise Refused("unreadable") from None


def kind_of(raw: bytes) -> str:
    """The format by its first bytes, whatever the sender calls it. Raises Refused for what is no photo."""
    if not raw:
        raise Refused("empty")
    if len(raw) > MOST_BYTES:
        raise Refused("too_large")
    head = raw[:64]
    kind = _photo(head)
    if kind is None:
        raise Refused(_other(raw[:1024]))
    if _OTHER_CONTENT.search(raw):
        raise Refused("more_than_photo")
    return kind


def _photo(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if (
        head[4:8] == b"ftyp"
        and ({head[8:12]} | {head[at : at + 4] for at in range(16, 60, 4)}) & _BRANDS_OF_HEIF
    ):
        return "HEIF"
    return None


def _other(head: bytes) -> str:
    """Which of the usual mistakes it is, so that people learn what to send instead."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if b"%PDF-" in head:
        return "pdf"
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start):
        return "svg"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "not_a_photo"
    if head[4:8] == b"ftyp" or head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video"
    return "not_a_photo"


def _read(raw: bytes, kind: str) -> Image.Image:
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    if kind == "HEIF":
        _know_heif()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(raw), formats=(kind,))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise Refused("too_many_pixels") from None
        except UnidentifiedImageError:
            raise Refused("unreadable") from None
        if image.width * image.height > MOST_PIXELS:
            raise Refused("too_many_pixels")
        if min(image.size) < 1:
            raise Refused("unreadable")
        image.draft(None, (FULL_SIDE, FULL_SIDE))  # a JPEG is decoded no larger than needed
        image.load()
        return image


def _know_heif() -> None:
    import pi_heif  # type: ignore[import-untyped]  # when needed only: starting stays quick

    pi_heif.register_heif_opener(thumbnails=False)
    pi_heif.options.DECODE_THREADS = 1


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """A new picture in sRGB without anything beside its pixels. Made smaller first: turning it upright and
    converting its colours then cost little."""
    smaller = image.copy() if max(image.size) <= side else image
    if max(image.size) > side:
        if image.mode in ("1", "P", "PA"):
            smaller = image.convert("RGBA" if "transparency" in image.info else "RGB")
        width, height = image.size
        scale = side / max(width, height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        smaller = smaller.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        smaller.info = dict(image.info)
    upright = _upright(smaller, image)
    return _plain(_in_srgb(upright))


def _upright(smaller: Image.Image, original: Image.Image) -> Image.Image:
    try:
        orientation = original.getexif().get(0x0112, 1)
        turn = _TURNS.get(orientation)
    except Exception:  # what a file says of itself may be anything
        return smaller
    return smaller if turn is None else smaller.transpose(turn)


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what undoes it."""


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except Exception:  # an unusable profile: the colours stay as they are
        return image
    return converted or image


def _plain(image: Image.Image) -> Image.Image:
    """Onto fresh white paper: nothing of the file but its pixels comes along."""
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    paper = Image.new("RGB", image.size, "white")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        visible = image.convert("RGBA")
        paper.paste(visible, mask=visible.getchannel("A"))
    else:
        paper.paste(image.convert("RGB"))
    return paper


def _written(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def main(source: BinaryIO, target: BinaryIO) -> None:
    """One picture in, a line of JSON and two files out."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        made = harmless(source.read(MOST_BYTES + 1))
    except Refused as refused:
        target.write(json.dumps({"refused": refused.code}).encode() + b"\n")
        return
    head = {"width": made.width, "height": made.height, "full": len(made.full), "small": len(made.small)}
    target.write(json.dumps(head).encode() + b"\n" + made.full + made.small)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
