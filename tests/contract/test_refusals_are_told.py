"""What is refused is said in French too: every text of a refusal is a literal that a catalogue knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("aftersales", "kit", "members")
PLACE = {
    "conflict": 1, "invalid": 2, "forbidden": 0, "Said": 0, "Problem": 2, "Message": 0,
    "PydanticCustomError": 1,
}  # fmt: skip
"""Which argument the text is."""
PASSED_ON = {
    "services/kit/problems.py": {"title", "message"},
    "services/kit/receiving.py": {"title"},
    "services/kit/said.py": {"template"},
    "services/kit/field_words.py": {"template", "str(error['msg']).removeprefix('Value error, ')"},
    "services/members/actions/households.py": {"_WORDS[fault]", "_WORDS[fault[1]]"},
    "services/aftersales/actions.py": {"refused.why"},
}
"""Texts that were marked where they stand."""
SAID_OTHERWISE = {"%(why)s"}


def texts(path: Path) -> Iterator[tuple[int, ast.expr]]:
    tree = ast.parse(path.read_text())
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("services.kit", "pydantic_core"))
        for name in node.names
    }
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)} | classes
    for node in ast.walk(tree):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
        if isinstance(node, ast.Call) and name in PLACE and (name in imported or name in own):
            if path.parts[-2] == "intake" and name == "Problem":
                continue  # what somebody reports, not a refusal
            if len(node.args) > PLACE[name]:
                yield node.lineno, node.args[PLACE[name]]


def literal(text: ast.expr) -> str | None:
    """The text itself, marked by `_` or collected by its place."""
    if isinstance(text, ast.Call) and isinstance(text.func, ast.Name) and text.func.id in ("_", "mark"):
        text = text.args[0]
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else None


@pytest.fixture(scope="module")
def french() -> dict[str, str]:
    told: dict[str, str] = {}
    for path in ROOT.glob("services/*/locale/fr/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            told |= {str(one.id): str(one.string) for one in read_po(file, locale="fr") if one.id}
    return told


@pytest.mark.parametrize("room", ROOMS)
def test_every_refusal_has_its_french(room: str, french: dict[str, str]) -> None:
    untold = []
    for path in sorted((ROOT / "services" / room).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for line, text in texts(path):
            said = literal(text)
            if said is None:
                if ast.unparse(text) not in PASSED_ON.get(name, ()):
                    untold.append(f"{name}:{line}: {ast.unparse(text)}: not a text, its figures go apart")
            elif said not in SAID_OTHERWISE and not french.get(said):
                untold.append(f"{name}:{line}: {said}")
    assert untold == []


def test_the_words_of_a_guard_have_their_french(french: dict[str, str]) -> None:
    from services.aftersales.guards import GUARDS

    assert [guard.why for guard in GUARDS.values() if not french.get(guard.why)] == []
