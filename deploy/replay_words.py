"""What came of a replay, in the words of the terminal."""

from typing import Any

from deploy.words import _


def result_told(replay: dict[str, Any], result: dict[str, Any]) -> str:
    """A summary, and under it each quantity by itself."""
    if not replay["dry_run"]:
        one = (
            _("{days} days equal") if result["days_equal"] is None else _("{days_equal} of {days} days equal")
        )
        words = one.format(**result) + _(", {readings} readings in {messages} messages").format(**result)
        if replay["sandbox"]:
            words += _(", sandbox {sandbox} kept").format(sandbox=replay["sandbox"])
        return "\n".join([words, *map(_sum_told, result.get("sums", ()))])
    words = _("{days} days, {readings_sent} readings in {messages} messages").format(**result)
    if replay["meter"]:
        words += _(
            "; at {meter}: {new} new, {duplicate} known, {conflict} contradicted, {days_new} days new,"
            " {days_changed} changed"
        ).format(**result | {"meter": replay["meter"]})
    return words


def _sum_told(one: dict[str, Any]) -> str:
    """One quantity: the source's sum, what is stored, and its days."""
    if one["days_equal"] is None:
        return _("  {quantity}: {stored} {unit} stored; nothing whole to compare with").format(**one)
    words = _(
        "  {quantity}: {feed} {unit} in the source, {stored} {unit} stored; {days_equal} of {days} days"
        " equal, {days_differ} differ, {days_missing} missing"
    ).format(**one)
    if one["days_partial"]:
        words += _(", {days_partial} recorded in part").format(**one)
    if one.get("days_incomplete"):
        words += _(", {days_incomplete} where {half_hours_missing} half-hours are missing").format(**one)
    return words
