"""What is wrong with one field of a request, in the reader's language: pydantic says it in English only."""

from collections.abc import Mapping
from typing import Any

from babel.support import NullTranslations

from services.kit.i18n import mark as _
from services.kit.said import Message, Said

TEMPLATES = {
    "missing": _("Field required"),
    "extra_forbidden": _("Extra inputs are not permitted"),
    "json_invalid": _("JSON decode error"),
    "string_type": _("Input should be a valid string"),
    "int_type": _("Input should be a valid integer"),
    "int_parsing": _("Input should be a valid integer, unable to parse string as an integer"),
    "int_from_float": _("Input should be a valid integer, got a number with a fractional part"),
    "float_type": _("Input should be a valid number"),
    "float_parsing": _("Input should be a valid number, unable to parse string as a number"),
    "bool_type": _("Input should be a valid boolean"),
    "bool_parsing": _("Input should be a valid boolean, unable to interpret input"),
    "list_type": _("Input should be a valid list"),
    "dict_type": _("Input should be a valid dictionary"),
    "model_attributes_type": _("Input should be a valid dictionary or object to extract fields from"),
    "date_type": _("Input should be a valid date"),
    "date_from_datetime_parsing": _("Input should be a valid date or datetime, %(error)s"),
    "date_parsing": _("Input should be a valid date in the format YYYY-MM-DD, %(error)s"),
    "datetime_from_date_parsing": _("Input should be a valid datetime or date, %(error)s"),
    "datetime_parsing": _("Input should be a valid datetime, %(error)s"),
    "timezone_aware": _("Input should have timezone info"),
    "enum": _("Input should be %(expected)s"),
    "literal_error": _("Input should be %(expected)s"),
    "greater_than": _("Input should be greater than %(gt)s"),
    "greater_than_equal": _("Input should be greater than or equal to %(ge)s"),
    "less_than": _("Input should be less than %(lt)s"),
    "less_than_equal": _("Input should be less than or equal to %(le)s"),
    "string_too_short": _("String should have at least %(min_length)s characters"),
    "string_too_long": _("String should have at most %(max_length)s characters"),
    "string_pattern_mismatch": _("String should match pattern '%(pattern)s'"),
    "string_unicode": _("Input should be a valid string, unable to parse raw data as a unicode string"),
    "too_short": _("%(field_type)s should have at least %(min_length)s items after validation"),
    "too_long": _("%(field_type)s should have at most %(max_length)s items after validation"),
    "model_type": _("Input should be a valid dictionary or instance of %(class_name)s"),
    "tuple_type": _("Input should be a valid tuple"),
    "set_type": _("Input should be a valid set"),
    "none_required": _("Input should be None"),
    "invalid_key": _("Keys should be strings"),
    "int_parsing_size": _("Unable to parse input string as an integer, exceeded maximum size"),
    "finite_number": _("Input should be a finite number"),
    "multiple_of": _("Input should be a multiple of %(multiple_of)s"),
    "decimal_type": _("Decimal input should be an integer, float, string or Decimal object"),
    "decimal_parsing": _("Input should be a valid decimal"),
    "decimal_max_digits": _("Decimal input should have no more than %(max_digits)s digits in total"),
    "decimal_max_places": _("Decimal input should have no more than %(decimal_places)s decimal places"),
    "decimal_whole_digits": _(
        "Decimal input should have no more than %(whole_digits)s digits before the decimal point"
    ),
    "date_from_datetime_inexact": _(
        "Datetimes provided to dates should have zero time - e.g. be exact dates"
    ),
    "date_past": _("Date should be in the past"),
    "date_future": _("Date should be in the future"),
    "datetime_type": _("Input should be a valid datetime"),
    "datetime_past": _("Input should be in the past"),
    "datetime_future": _("Input should be in the future"),
    "timezone_naive": _("Input should not have timezone info"),
    "time_type": _("Input should be a valid time"),
    "time_parsing": _("Input should be in a valid time format, %(error)s"),
    "time_delta_type": _("Input should be a valid timedelta"),
    "time_delta_parsing": _("Input should be a valid timedelta, %(error)s"),
    "bytes_type": _("Input should be a valid bytes"),
    "uuid_type": _("UUID input should be a string, bytes or UUID object"),
    "uuid_parsing": _("Input should be a valid UUID, %(error)s"),
    "url_type": _("URL input should be a string or URL"),
    "url_parsing": _("Input should be a valid URL, %(error)s"),
    "url_scheme": _("URL scheme should be %(expected_schemes)s"),
    "union_tag_not_found": _("Unable to extract tag using discriminator %(discriminator)s"),
    "union_tag_invalid": _(
        "Input tag '%(tag)s' found using %(discriminator)s does not match any of the expected tags:"
        " %(expected_tags)s"
    ),
}
"""By the type of pydantic's error; the texts are those of pydantic, with the figures of its context. All that
a request can meet; the others are of our own programs, or of types that no body has."""
_EMPTY = frozenset({"string_too_short", "too_short"})
PLAIN = {
    "string_pattern_mismatch": _("This is not written as it should be."),
    "extra_forbidden": _("This is not asked for here."),
}
"""For a person at a form, who is helped by no pattern of characters."""


def said(error: Mapping[str, Any], *, to_a_person: bool = False) -> Said:
    """The message of one of pydantic's errors, for where it is part of another text. `to_a_person`: at a
    form, in plain words where pydantic's are for programs."""
    own = (error.get("ctx") or {}).get("error")
    if isinstance(own, ValueError) and own.args and isinstance(own.args[0], Message):
        return own.args[0].said
    template = (PLAIN.get(error["type"]) if to_a_person else None) or _template(error)
    if template is None:
        return Said(str(error["msg"]).removeprefix("Value error, "))
    return Said(template, _figures(error))


def told(error: Mapping[str, Any], words: NullTranslations) -> str:
    """The message of one of pydantic's errors. What the catalogue lacks stays as pydantic says it."""
    as_it_is, found = str(error["msg"]).removeprefix("Value error, "), said(error)
    if found.template == as_it_is or words.gettext(found.template) != found.template:
        try:
            # Words by language are not among the figures.
            return found.in_(words, "en")
        except KeyError:
            return as_it_is
    return as_it_is


def _template(error: Mapping[str, Any]) -> str | None:
    """A text or list that must not be empty is simply missing."""
    if error["type"] in _EMPTY and (error.get("ctx") or {}).get("min_length") == 1:
        return TEMPLATES["missing"]
    return TEMPLATES.get(error["type"])


def _figures(error: Mapping[str, Any]) -> dict[str, object]:
    figures: dict[str, object] = {name: str(one) for name, one in (error.get("ctx") or {}).items()}
    some, either, last = str(figures.get("expected", "")).rpartition(" or ")
    if either:
        figures["expected"] = Said(_("%(some)s or %(last)s"), {"some": some, "last": last})
    return figures
