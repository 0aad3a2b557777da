"""Collects the texts of one room into its catalogues: `python deploy/setup/messages.py services/portal`.

Source texts are English. New ones appear empty in `locale/fr/LC_MESSAGES/messages.po`, obsolete ones go;
what is still empty or uncertain is named, and fails the command.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
OPTIONS = {"**/templates/**.*": {"trimmed": "true", "extensions": "jinja2.ext.do", "silent": "false"}}
KEYWORDS = DEFAULT_KEYWORDS | {
    "conflict": (2,), "invalid": (3,), "forbidden": (1,), "Said": (1,), "Message": (1,),
    "PydanticCustomError": (2,),
}  # fmt: skip
"""What is refused is said in the reader's language: the argument that is the text, by the function's name."""
LANGUAGES = ("fr",)
_DROPPED = (b'"Project-', b'"Report-', b'"POT-', b'"PO-', b'"Last-', b'"Language-Team', b'"Generated-')


def main(folder: Path) -> int:
    template = _collect(folder)
    untold = 0
    for language in LANGUAGES:
        path = folder / "locale" / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = Catalog(locale=language)
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.fuzzy = False
        catalogue.header_comment = f"# Words of {folder.name} in {language}."
        path.write_bytes(_text(catalogue))
        for message in catalogue:
            if message.id and not _is_told(message):
                print(f"{path}: no words yet for {message.id!r}", file=sys.stderr)
                untold += 1
    return 1 if untold else 0


def _collect(folder: Path) -> Catalog:
    template = Catalog()
    found = extract_from_dir(
        folder, METHODS, OPTIONS, KEYWORDS, comment_tags=("NOTE:",), strip_comment_tags=True
    )
    for name, _line, text, comments, context in found:
        template.add(text, None, [(name, 0)], auto_comments=comments, context=context)
    return template


def _text(catalogue: Catalog) -> bytes:
    """The file without dates and names, so that collecting twice changes nothing."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=110, include_lineno=False, sort_output=True)
    kept = (line for line in buffer.getvalue().splitlines(keepends=True) if not line.startswith(_DROPPED))
    return b"".join(kept)


def _is_told(message: Message) -> bool:
    words = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(words) and not message.fuzzy


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
