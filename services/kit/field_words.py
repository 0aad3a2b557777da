"""What is wrong with one field of a request, in the reader's language: pydantic says it in English only."""

from collections.abc import Mapping
from typing import Any

from babel.support import NullTranslations

from services.kit.i18n import mark as _
from services.kit.said import Said

_TEMPLATES = {
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
}
"""By the type of pydantic's error; the texts are those of pydantic, with the figures of its context."""


def said(error: Mapping[str, Any]) -> Said:
    """The message of one of pydantic's errors, for where it is part of another text."""
    template = _TEMPLATES.get(error["type"])
    figures = error.get("ctx") or {}
    if template is None:
        return Said(str(error["msg"]).removeprefix("Value error, "))
    return Said(template, {name: str(one) for name, one in figures.items()})


def told(error: Mapping[str, Any], words: NullTranslations) -> str:
    """The message of one of pydantic's errors. What the catalogue lacks stays as pydantic says it."""
    said = str(error["msg"]).removeprefix("Value error, ")
    template = _TEMPLATES.get(error["type"])
    if template is None:
        return words.gettext(said)
    translated = words.gettext(template)
    if translated == template:
        return said
    figures = error.get("ctx") or {}
    if "expected" in figures:
        figures = figures | {"expected": str(figures["expected"]).replace(" or ", words.gettext(_(" or ")))}
    try:
        return translated % figures
    except KeyError:
        return said
