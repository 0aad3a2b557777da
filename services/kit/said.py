"""Texts that are said in their reader's language later on, with figures that may be texts themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from babel.support import NullTranslations

from contracts.words import labels


@dataclass(frozen=True)
class Said:
    """A text of the catalogues, in English there, with its figures: for where one is part of another."""

    template: str
    figures: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.in_(NullTranslations(), "en")

    def in_(self, words: NullTranslations, language: str) -> str:
        """In the reader's language. A figure may be a text itself, or words by language."""
        told = words.gettext(self.template) if self.template else ""
        if not self.figures:
            return told
        return (told % {name: _figure(one, words, language) for name, one in self.figures.items()}).strip()


class Message(str):
    """What is wrong with one field: English to whoever reads it as text, and how to say it otherwise."""

    said: Said

    def __new__(cls, template: str, figures: Mapping[str, object]) -> "Message":
        said = Said(template, figures)
        made = super().__new__(cls, str(said))
        made.said = said
        return made


def named(group: str, code: str) -> dict[str, str]:
    """As the figure of a text a code: English readers may use it as it is, others know it by its words."""
    known = labels(group).get(code)
    return {"en": code, "fr": f"« {known.fr} »" if known else code}


def in_words(message: str, words: NullTranslations, language: str) -> str:
    """The message of a field in the reader's language."""
    return message.said.in_(words, language) if isinstance(message, Message) else words.gettext(message)


def _figure(value: object, words: NullTranslations, language: str) -> object:
    if isinstance(value, Said):
        return value.in_(words, language)
    if isinstance(value, Mapping):
        return value.get(language) or value["en"]
    return value
