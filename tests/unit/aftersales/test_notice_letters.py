"""Letters to whoever owes a repair say what, where, since when, on which basis, what is asked and by when."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from contracts.aftersales import DeadlineNear
from contracts.codes import ClockFamily
from services.aftersales.notices.composing import Basis, Case, Item, compose
from services.aftersales.notices.printing import printed
from services.aftersales.tables import load
from services.aftersales.words import codes
from services.kit.registry import Staff
from services.notifications.concerned import near

ITEM = Item(12, "Chambre", "Volet, store", "Cassé", date(2026, 11, 14), date(2026, 11, 16))
YEAR = Basis("parfait_achevement", "garantie de parfait achèvement", "C. civ. art. 1792-6", date(2027, 6, 30))
CASE = Case(
    kind="notice",
    coop="Coopérative Exemple",
    where="résidence Les Aulnes, logement B-04, 75011",
    items=(ITEM,),
    answer_by_on=date(2026, 12, 1),
    bases=(YEAR,),
    reception_on=date(2026, 6, 30),
    livraison_on=date(2026, 9, 1),
)


def said(case: Case) -> str:
    return plain("\n".join(compose(case).paragraphs))


def plain(text: str) -> str:
    """Without what printing adds: apostrophes and spaces as people type them."""
    return text.replace("’", "'").replace("\u00a0", " ")


def test_a_notice_says_what_where_since_when_on_which_basis_and_by_when() -> None:
    words = said(CASE)
    for fact in (
        "Chambre", "volet, store", "cassé", "logement B-04", "14 novembre 2026", "16 novembre 2026",
        "garantie de parfait achèvement", "1792-6", "30 juin 2027", "30 juin 2026", "1 septembre 2026",
        "1 décembre 2026", "Coopérative Exemple", "n'interrompt pas",
    ):  # fmt: skip
        assert fact in words.replace("1er", "1"), fact


def test_a_mise_en_demeure_recalls_the_notice_and_says_what_follows() -> None:
    words = said(replace(CASE, kind="formal", notified_on=date(2026, 11, 16)))
    assert "notification du 16 novembre 2026" in words
    assert "mettons en demeure" in words
    assert "frais et risques" in words
    first = said(replace(CASE, kind="formal"))
    assert "notification du" not in first, "nothing is recalled that was never written"
    other = said(replace(CASE, kind="formal", bases=(replace(YEAR, regime="biennale"),)))
    assert "frais et risques" not in other, "only the first year's text allows it"


def test_a_list_of_reserves_names_each_of_them() -> None:
    items = tuple(replace(ITEM, number=number) for number in range(1, 8))
    letter = compose(replace(CASE, kind="reserves", items=items))
    assert sum("Demande n°" in line for line in letter.paragraphs) == 7
    assert "les réserves suivantes" in "".join(letter.paragraphs)
    assert "Réserves à lever" in letter.subject


def test_a_declaration_to_the_insurer_has_every_field_and_says_which_are_unknown() -> None:
    words = said(replace(CASE, kind="insurer", reference="POLICE-7", formal_on=date(2026, 10, 1)))
    for field in ("POLICE-7", "Propriétaire", "Réception des travaux : 30 juin 2026", "60 jours", "90 jours"):
        assert field in words
    assert "Contrat n° : à compléter" in said(replace(CASE, kind="insurer"))


def test_every_kind_of_letter_has_its_words() -> None:
    table = load("notices/letters")
    for kind in codes("notices"):
        assert kind in table["subjects"]
        assert kind in table["answer_days"]
        assert kind in table["sent_by"]
        assert said(replace(CASE, kind=kind))
    with pytest.raises(ValueError, match="something"):
        compose(replace(CASE, items=()))


def test_the_same_facts_give_the_same_document() -> None:
    at = datetime(2026, 11, 16, 9, tzinfo=UTC)
    made = [
        printed(
            compose(CASE), coop="C", addressee="E", reference="ntc_1", written_on=at.date(), written_at=at
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF-")


people_of_a_coop = st.lists(
    st.builds(
        Staff,
        st.sampled_from("abcdef"),
        st.just("x"),
        st.none(),
        st.sampled_from(["staff", "caretaker"]),
        st.sampled_from([None, "heating", "plumbing"]),
    ),
    unique_by=lambda one: one.id,
)


@given(
    people_of_a_coop,
    st.sampled_from([None, "a", "z"]),
    st.sampled_from([None, "heating"]),
    st.sampled_from([50, 80, 100]),
)
def test_a_warning_reaches_who_answers_for_it_and_what_is_missed_everybody(
    people: list[Staff], assignee: str | None, team: str | None, percent: int
) -> None:
    event = DeadlineNear(
        coop="c", ticket="tkt_01kb6v9xj0abcdefghjkmnpqrs", number=1, kind="repair", clock=ClockFamily.SERVICE,
        due_at=datetime(2026, 11, 16, tzinfo=UTC), percent=percent, assignee=assignee, team=team,
    )  # fmt: skip
    told = set(near(event, people))
    concerned = {one.id for one in people if one.id == assignee or (team and one.team == team)}
    everybody = {one.id for one in people if one.role == "staff"}
    assert told == (concerned | everybody if percent == 100 or not concerned else concerned)


def test_a_notice_holds_who_writes_to_whom_about_what_and_how_it_was_sent() -> None:
    pdf = printed(
        compose(CASE),
        coop=CASE.coop,
        addressee="Plomberie Exemple\n12 rue des Tanneurs",
        reference="ntc_1",
        written_on=date(2026, 11, 16),
        written_at=datetime(2026, 11, 16, 9, tzinfo=UTC),
        contact=["4 place du Marché, 75011 Paris"],
        sent_by="registered",
        signed_by="Agent 1",
    )
    read = PdfReader(io.BytesIO(pdf))
    words = plain("\n".join(page.extract_text() for page in read.pages))
    for fact in (
        "Coopérative Exemple", "4 place du Marché", "Plomberie Exemple", "12 rue des Tanneurs", "ntc_1",
        "Lettre recommandée", "Le 16 novembre 2026", "logement B-04", "volet, store", "cassé",
        "14 novembre 2026", "1792-6", "décembre 2026", "Pour Coopérative Exemple", "Agent 1", "Page 1 sur 1",
    ):  # fmt: skip
        assert fact in words, fact
    assert read.metadata is not None
    assert plain(read.metadata.title or "") == plain(compose(CASE).subject)
    assert str(read.root_object["/Lang"]) == "fr-FR"
