"""What is printed can be read as a page: the same calls, marked up for who listens to it."""

import inspect
from datetime import UTC, datetime

import pytest

from services.kit.html_paper import POLICY, HtmlDocument
from services.kit.pdf import Document, Picture, Signature

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
PAPER_ONLY = {"together"}


def of_page(**more: object) -> HtmlDocument:
    return HtmlDocument("Procès-verbal", language="fr", at=AT, reference="ins_1", **more)  # type: ignore[arg-type]


def test_whatever_can_be_written_on_paper_can_be_written_as_a_page() -> None:
    """In the same words: nothing is on the one and not on the other."""
    for name, method in inspect.getmembers(Document, inspect.isfunction):
        if name.startswith("_") or name in PAPER_ONLY:
            continue
        parameters = inspect.signature(method).parameters
        assert list(inspect.signature(getattr(HtmlDocument, name)).parameters) == list(parameters), name


def test_headings_rows_and_pictures_say_what_they_are() -> None:
    page = of_page(lead="Même contenu", links=[("Retour", "/inspections/ins_1")])
    page.heading("Pièces")
    page.table(["Constat", "Demande"], [("Fuite", "12")], heading="Cuisine", level=2)
    page.pairs([("Logement", "A-12")])
    page.bullets(["Un droit"])
    page.pictures([Picture(b"", "Robinet – fuite", "/photos/pho_1")], caption="Cuisine : robinet")
    page.signatures([Signature("Le locataire", "Foyer 12", "aujourd’hui", b"\x89PNG")])
    html = page.finish().decode()
    for said in (
        '<html lang="fr">', "<title>Procès-verbal</title>", "<h1>Procès-verbal</h1>", "<h2>Pièces</h2>",
        "<h3>Cuisine</h3>", '<th scope="col">Constat</th>', '<th scope="row">Logement</th>',
        "<li>Un droit</li>", 'src="/photos/pho_1" alt="Robinet – fuite"', 'alt="Le locataire : Foyer 12"',
        'href="/inspections/ins_1"', "data:image/png;base64,",
    ):  # fmt: skip
        assert said in html, said
    assert html.index("Même contenu") < html.index("<h1>")


@pytest.mark.parametrize("hostile", ["<script>1</script>", '" onerror="1', "</title><b>"])
def test_words_never_become_markup(hostile: str) -> None:
    page = of_page(author=hostile, lead=hostile, links=[(hostile, hostile)])
    page.heading(hostile)
    page.table([hostile], [[hostile]])
    page.pairs([(hostile, hostile)])
    page.bullets([hostile])
    page.paragraph(hostile, bold=True)
    page.pictures([Picture(b"", hostile, hostile)], caption=hostile)
    page.signatures([Signature(hostile, hostile, hostile, b"x")])
    assert hostile not in page.finish().decode()


def test_nothing_runs_in_it() -> None:
    assert "script-src" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "<script" not in of_page().finish().decode()
