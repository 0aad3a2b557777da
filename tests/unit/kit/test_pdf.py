"""Documents that people keep: every French letter, the same bytes for the same words, nothing lost."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from services.kit.pdf import Document, Head, Picture, Signature, printable

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def picture(width: int = 300, height: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def letter(*paragraphs: str) -> bytes:
    document = Document("État des lieux", language="fr", at=AT, author="Coopérative", reference="doc_1")
    for paragraph in paragraphs:
        document.paragraph(paragraph)
    return document.finish()


def words_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_french_letters_the_euro_and_narrow_spaces_are_written() -> None:
    sentence = "L’œuvre coûte 1\u202f234,50\u00a0€ ; « ça gêne où naïf » — Œuvre n° 3…"
    assert sentence.replace("\u00a0", " ") in words_of(letter(sentence)).replace("\u00a0", " ")


def test_the_same_words_give_the_same_bytes() -> None:
    assert letter("Une fuite sous l’évier.") == letter("Une fuite sous l’évier.")
    assert letter("Une fuite.") != letter("Deux fuites.")


@pytest.mark.parametrize(
    ("language", "tag", "foot"), [("fr", "fr-FR", "Page 1 sur 1"), ("en", "en-GB", "Page 1 of 1")]
)
def test_it_says_its_language_title_and_pages(language: str, tag: str, foot: str) -> None:
    read = PdfReader(io.BytesIO(Document("Titre", language=language, at=AT).finish()))
    assert read.root_object["/Lang"] == tag
    assert read.metadata is not None
    assert read.metadata.title == "Titre"
    assert foot in read.pages[0].extract_text()


def test_long_tables_go_on_with_their_heads_and_pictures_and_signatures_stay_whole() -> None:
    document = Document("Livraison", language="fr", at=AT)
    document.heading("Cuisine")
    document.table(("Élément", "Défaut"), [("Robinet", f"Défaut numéro {row}") for row in range(80)], (1, 2))
    document.pictures([Picture(picture(), "La fuite"), Picture(picture(20, 900), "Le mur")] * 4)
    document.pairs([("Compteur d’eau", "123,4 m³")])
    document.bullets(["deux clés de porte", "un badge"])
    document.signatures([
        Signature("L’acheteur", "Foyer 12", "le 22 novembre 2026 à 11:00", picture()),
        Signature("La coopérative", "Agent 1", "le 22 novembre 2026 à 11:01"),
    ])  # fmt: skip
    read = words_of(document.finish())
    assert read.count("Élément") >= 2
    for words in ("Défaut numéro 79", "123,4 m³", "un badge", "Foyer 12", "Agent 1"):
        assert words in read


def test_what_the_letters_cannot_show_leaves_a_sign_and_no_hole() -> None:
    assert printable("Merci 😀\x00 !") == "Merci � !"
    assert printable("e\u0301te\u0301\tfini\r\n") == "été fini\n"


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_whatever_people_write_makes_a_document(words: str) -> None:
    document = Document(words, language="fr", at=AT, reference=words)
    document.heading(words)
    document.paragraph(words)
    document.table((words,), [(words,)])
    assert document.finish().startswith(b"%PDF-")


@pytest.mark.parametrize("words", ["mot " * 1000, "x" * 4000, "a" + "\n" * 300 + "b"])
def test_a_text_longer_than_a_page_goes_on_in_the_next_rows(words: str) -> None:
    document = Document("Livraison", language="fr", at=AT)
    document.table(("Constat", "Note", "Demande"), [("Robinet", words, "12"), ("Vitre", "", "13")], (4, 5, 2))
    read = words_of(document.finish())
    assert read.count("mot") == words.count("mot")
    assert read.count("x") == words.count("x")
    assert ("Robinet" in read, "Vitre" in read, "13" in read) == (True, True, True)


def pages_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


@pytest.mark.parametrize("before", range(36, 52))
@pytest.mark.parametrize("lines", [1, 9, 80])
def test_a_heading_stands_on_the_page_of_what_it_is_about(before: int, lines: int) -> None:
    document = Document("Livraison", language="fr", at=AT)
    document.paragraph("\n".join(["avant"] * before))
    document.table(("Constat", "Note"), [("Robinet", "\n".join(["ligne"] * lines))], heading="Cuisine")
    document.heading("Signatures", room=90.0)
    document.signatures([Signature("L’acheteur", "Foyer 12", "hier", picture())])
    pages = pages_of(document.finish())
    assert any("Cuisine" in page and "Robinet" in page for page in pages)
    assert any("Signatures" in page and "Foyer 12" in page for page in pages)


def test_a_letter_begins_with_who_writes_to_whom_how_and_when_and_ends_whole() -> None:
    head = Head(
        ["Coopérative Exemple", "4 place du Marché"], ["Plomberie", "12 rue"], "Lettre recommandée", "Le 22"
    )
    for before in range(28, 42):
        document = Document("Mise en demeure", language="fr", at=AT, head=head)
        document.paragraph("\n".join(["avant"] * before))
        document.together(["Veuillez agréer", "Pour Coopérative Exemple", "Agent 1"])
        pages = pages_of(document.finish())
        places = [pages[0].index(word) for word in ("4 place", "Plomberie", "Lettre", "Le 22", "Mise en")]
        assert places == sorted(places)
        assert any("Veuillez" in page and "Agent 1" in page for page in pages)


def test_a_row_of_pictures_is_as_high_as_its_highest_and_ninety_photos_take_few_pages() -> None:
    document = Document("Livraison", language="fr", at=AT)
    document.pictures([Picture(picture(800, 600), f"Photo {number}") for number in range(90)])
    assert len(pages_of(document.finish())) <= 6
