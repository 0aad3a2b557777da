"""What `palier import` says of a file, of what became of it, and of what it has to ask."""

from typing import Any

from deploy.words import _, language, number

SHOWN_REFUSALS = 20


def found_in_words(found: dict[str, Any]) -> str:
    """`Enedis load curve (CSV): energy_import, mean W, 30 min, end of interval, Europe/Paris`."""
    unit, step = found["unit"], found["step_s"]
    stamps = {"start": _("time at the start of each interval"), "end": _("time at the end of each interval")}
    parts = [
        found["quantity"],
        _("mean {unit}").format(unit=unit) if unit in ("W", "kW") else unit,
        _step(step) if step else None,
        _("cumulative register") if found["kind"] == "register" else None,
        stamps.get(found["stamp"]),
        _("local time of {zone}").format(zone=found["zone"]) if found["zone"] else None,
    ]
    told = ", ".join(part for part in parts if part)
    return f"{found['label']}: {told}" if told else str(found["label"])


def result_in_words(found: dict[str, Any]) -> str:
    """What became of the rows, then each refused line with its reason."""
    would = _(" (dry run: nothing was stored)") if found["dry_run"] else ""
    counted = {
        "accepted": _("{n} accepted"),
        "duplicate": _("{n} duplicate"),
        "conflict": _("{n} conflict"),
        "refused": _("{n} refused"),
    }
    told = ", ".join(words.format(n=number(found[name])) for name, words in counted.items())
    lines = [f"{state_in_words(found['state'])}{would}: {told}"]
    away = {
        "outside_occupancy": _("{n} outside the household's stay: not kept"),
        "no_consent": _("{n} not allowed: not kept"),
    }
    lines += [words.format(n=number(found[name])) for name, words in away.items() if found[name]]
    if found["first_day"]:
        lines.append(_("from {first} to {last}").format(first=found["first_day"], last=found["last_day"]))
    sums = found.get("accepted_sums", [])
    if not sums and found["unit"] and found["accepted_value"] is not None:
        sums = [{"value": found["accepted_value"], "unit": found["unit"]}]
    amounts = [_amount(one["value"], one["unit"]) for one in sums]
    if found["accepted"] and len(amounts) == 1:
        lines.append(_("accepted in all: {amount}").format(amount=amounts[0]))
    elif found["accepted"]:
        by_quantity = zip(sums, amounts, strict=True)
        lines += [
            _("accepted of {quantity}: {amount}").format(quantity=one["quantity"], amount=amount)
            for one, amount in by_quantity
        ]
    if estimated := found["found"].get("estimated"):
        lines.append(_("{n} that the file itself calls estimated").format(n=number(estimated)))
    if found.get("point"):
        lines.append(_("delivery point ending in {point}").format(point=found["point"]))
    if found["message"]:
        lines.append(found["message"])
    if found.get("question"):
        lines += question_in_words(found["question"])
    if only_contradicts(found):
        lines.append(
            _("Nothing new: every value contradicts what is known for its time, and that stays as it was.")
        )
    if found.get("days_follow"):
        lines.append(_("Its days are still being worked out: they follow within moments."))
    line = _("  line {n}: {text}")
    lines += [line.format(n=one["line"], text=one["text"]) for one in found["refusals"][:SHOWN_REFUSALS]]
    if found["refused"] > SHOWN_REFUSALS:
        more = number(found["refused"] - SHOWN_REFUSALS)
        lines.append(_("  … and {n} more; --json shows the first 1,000").format(n=more))
    return "\n".join(lines)


def question_in_words(question: dict[str, Any]) -> list[str]:
    """Which delivery points a file names, and how to say which one is meant."""
    points, earlier = question["points"], question["earlier"]
    if earlier:
        told = _(
            "earlier files were of the point ending in {earlier}; this one is of the one ending in {point}"
        )
        first = told.format(earlier=", ".join(earlier), point=points[0])
    else:
        first = _("its points end in {points}").format(points=", ".join(points))
    return [
        first,
        _("Say which one is this home's: import the file again with --point {point}").format(point=points[0]),
    ]


def undoing_in_words(found: dict[str, Any]) -> str:
    """What taking an import back does, and the days that it cannot reach any more."""
    days = (found["first_day"], found["last_day"])
    lines = [
        _("What this import brought from {first} to {last} goes, and its days are worked out again.").format(
            first=days[0], last=days[1]
        )
    ]
    if found["stays"]:
        lines.append(_("Some days can no longer change, and stay as they are now:"))
    for stay in found["stays"]:
        period = _("from {first} to {last}").format(first=stay["first_day"], last=stay["last_day"])
        is_one = stay["first_day"] == stay["last_day"]
        lines.append(f"  {stay['first_day'] if is_one else period}: {stay['text']}")
    return "\n".join(lines)


def only_contradicts(found: dict[str, Any]) -> bool:
    """Done, yet of no use: most likely another home's file, or another kind of values."""
    return bool(found["state"] == "done" and found["conflict"] and not found["accepted"] + found["duplicate"])


def state_in_words(state: str) -> str:
    """The state as a person reads it; its code in English."""
    from contracts.words import word

    return word("import_states", state, "fr").lower() if language() == "fr" else state


def _step(seconds: int) -> str:
    if seconds % 86_400 == 0:
        return _("days") if seconds == 86_400 else _("{n} days").format(n=seconds // 86_400)
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def _amount(value: int, unit: str) -> str:
    return f"{number(value / 1_000, 3)} kWh" if unit == "Wh" else f"{number(value)} {unit}"
