"""What is wrong with a field is said in the reader's language, for every error that a request can meet."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import (
    AfterValidator,
    AnyUrl,
    AwareDatetime,
    ConfigDict,
    Field,
    FiniteFloat,
    FutureDate,
    NaiveDatetime,
    PastDate,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic import BaseModel as Model
from pydantic_core._pydantic_core import list_all_errors

from services.kit import field_words
from services.kit.i18n import translations
from services.kit.said import Message

LOCALE = Path(field_words.__file__).parent / "locale"
FRENCH, ENGLISH = (translations(language, [LOCALE]) for language in ("fr", "en"))


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Strict(Model):
    model_config = ConfigDict(extra="forbid")
    name: str


WRONG: list[tuple[str, Any, Any, str]] = [
    ("missing", Strict, {}, "Ce champ est obligatoire"),
    ("extra_forbidden", Strict, {"name": "a", "b": 1}, "Ce champ n’est pas connu ici"),
    ("string_too_short", Annotated[str, Field(min_length=3)], "ab", "Il faut au moins 3 caractères"),
    ("string_too_short", Annotated[str, Field(min_length=1)], "", "Ce champ est obligatoire"),
    ("string_too_long", Annotated[str, Field(max_length=3)], "abcd", "Il faut au plus 3 caractères"),
    ("too_short", Annotated[list[int], Field(min_length=2)], [1], "Il en faut au moins 2"),
    ("too_short", Annotated[list[int], Field(min_length=1)], [], "Ce champ est obligatoire"),
    ("too_long", Annotated[list[int], Field(max_length=1)], [1, 2], "Il en faut au plus 1"),
    ("date_from_datetime_parsing", date, "hier", "Il faut une date, telle que 2026-01-05"),
    ("date_from_datetime_inexact", date, "2026-01-05T08:00:00", "Il faut une date, sans heure"),
    ("date_past", PastDate, date(2999, 1, 1), "Il faut une date passée"),
    ("date_future", FutureDate, date(1999, 1, 1), "Il faut une date à venir"),
    ("date_type", date, [], "Il faut une date"),
    ("datetime_type", datetime, [], "Il faut une date et une heure, telles que 2026-01-05T08:00:00+01:00"),
    ("time_parsing", time, "huit heures", "Il faut une heure, telle que 08:30"),
    ("time_delta_parsing", timedelta, "un an", "Il faut une durée"),
    ("timezone_aware", AwareDatetime, "2026-01-05T08:00:00", "Il faut l’heure avec son décalage"),
    ("timezone_naive", NaiveDatetime, datetime(2026, 1, 5, tzinfo=UTC), "Il faut l’heure sans décalage"),
    ("int_parsing", int, "douze", "Il faut un nombre entier"),
    ("int_parsing_size", int, "9" * 5000, "Ce nombre est trop grand"),
    ("int_from_float", int, 1.5, "Il faut un nombre entier, sans décimales"),
    ("float_parsing", float, "douze", "Il faut un nombre"),
    ("finite_number", FiniteFloat, float("inf"), "Il faut un nombre fini"),
    ("decimal_parsing", Decimal, "douze", "Il faut un nombre"),
    ("decimal_max_places", Annotated[Decimal, Field(decimal_places=2)], "1.234", "Nombre de décimales"),
    ("multiple_of", Annotated[int, Field(multiple_of=5)], 3, "Il faut un multiple de 5"),
    ("greater_than", Annotated[int, Field(gt=1)], 1, "Il faut plus que 1"),
    ("greater_than_equal", Annotated[int, Field(ge=1)], 0, "Il faut au moins 1"),
    ("less_than", Annotated[int, Field(lt=1)], 1, "Il faut moins que 1"),
    ("less_than_equal", Annotated[int, Field(le=1)], 2, "Il faut au plus 1"),
    ("enum", Colour, "green", "Il faut 'red' ou 'blue'"),
    ("literal_error", Literal["a", "b", "c"], "d", "Il faut 'a', 'b' ou 'c'"),
    ("bool_parsing", bool, "peut-être", "Il faut true ou false"),
    ("list_type", list[int], 3, "Il faut une liste"),
    ("dict_type", dict[str, int], 3, "Il faut un objet JSON"),
    ("model_type", Strict, 3, "Il faut un objet JSON"),
    ("string_type", str, 3, "Il faut un texte"),
    ("uuid_parsing", UUID, "x", "Il faut un UUID"),
    ("url_parsing", AnyUrl, "x", "Il faut une adresse web"),
]
OTHERS = {
    # of our own words, which each validator says itself
    "value_error", "assertion_error",
    # of programs and of types that no body has
    "no_such_attribute", "json_type", "needs_python_object", "recursion_loop", "recursion_depth_exceeded",
    "frozen_field", "frozen_instance", "get_attribute_error", "dataclass_type", "dataclass_exact_type",
    "named_tuple_type", "default_factory_not_called", "iterable_type", "iteration_error", "string_not_ascii",
    "frozen_dict_type", "ordered_dict_type", "counter_type", "mapping_type", "deque_type",
    "set_item_not_hashable", "bytes_too_short", "bytes_too_long", "bytes_invalid_encoding",
    "missing_sentinel_error", "ellipsis_error", "datetime_object_invalid", "timezone_offset",
    "frozen_set_type", "is_instance_of", "is_subclass_of", "callable_type", "arguments_type",
    "missing_argument", "unexpected_keyword_argument", "missing_keyword_only_argument",
    "unexpected_positional_argument", "missing_positional_only_argument", "multiple_argument_values",
    "url_syntax_violation", "url_too_long", "uuid_version", "fraction_type", "fraction_parsing",
    "complex_type", "complex_str_parsing",
}  # fmt: skip


def error_of(kind: Any, value: Any) -> dict[str, Any]:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return dict(refused.value.errors()[0])


@pytest.mark.parametrize(("code", "kind", "value", "french"), WRONG)
def test_an_error_is_said_in_both_languages(code: str, kind: Any, value: Any, french: str) -> None:
    error = error_of(kind, value)
    assert error["type"] == code
    assert field_words.told(error, FRENCH).startswith(french)
    assert field_words.told(error, ENGLISH) == error["msg"]
    said = field_words.said(error)
    assert said.in_(FRENCH, "fr").startswith(french)
    assert "Il " not in said.in_(ENGLISH, "en")


def test_every_type_of_pydantic_is_translated_or_known_to_be_no_readers() -> None:
    known = {row["type"] for row in list_all_errors()}
    assert known == field_words.TEMPLATES.keys() | OTHERS
    for template in {*field_words.TEMPLATES.values(), *field_words.PLAIN.values()}:
        assert FRENCH.gettext(template) != template, template


def test_a_person_at_a_form_is_shown_no_pattern() -> None:
    error = error_of(Annotated[str, StringConstraints(pattern=r"^\d{5}$")], "x")
    said = field_words.said(error, to_a_person=True)
    assert said.in_(FRENCH, "fr") == "Ce n’est pas écrit comme attendu."
    assert said.in_(ENGLISH, "en") == "This is not written as it should be."
    assert "^\\d{5}$" in field_words.told(error, FRENCH), "a program is"


def test_a_validators_own_words_are_said_in_the_readers_language_with_their_figures() -> None:
    def refuse(value: str) -> str:
        raise ValueError(Message("Input should be greater than %(gt)s", {"gt": value}))

    error = error_of(Annotated[str, AfterValidator(refuse)], "7")
    assert field_words.told(error, FRENCH) == "Il faut plus que 7"
    assert field_words.told(error, ENGLISH) == "Input should be greater than 7"
