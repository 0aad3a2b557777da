"""The report for a person."""

from collections.abc import Mapping
from typing import Any

_SHOWN_FROM = 0.001


def table(report: Mapping[str, Any]) -> str:
    """Several short tables as text."""
    lines: list[str] = []
    for section, found in report.items():
        if section == "single":
            lines += _single(found)
        else:
            lines += [section.capitalize(), *_rows(_flat(found))]
    return "\n".join(lines)


def _single(report: Mapping[str, Any]) -> list[str]:
    embedded = report["embedded_broker"]
    return [
        "Messages a second, one reading each, QoS 1 (medians)",
        *_rows(
            {
                "do-nothing subscriber": f"{report['do_nothing_rate']:,}",
                "pipeline, committed rows": f"{report['pipeline_rate']:,}",
                "ratio (median of pairs)": f"{report['ratio']:.2f}, bound {report['bound']}: "
                + ("holds" if report["holds"] else "FAILS"),
                "pairs": ", ".join(f"{pair['ratio']:.2f}" for pair in report["pairs"]),
                "publisher alone": f"{report['publisher_alone_rate']:,}",
                "publisher waited for receiver": f"{report['publisher_held_share']:.0%} of the time at least",
                "embedded broker, pipeline": f"{embedded['pipeline_rate']:,} (no bound)",
            }
        ),
        "From publish to queryable",
        *_rows({"Mosquitto": _latency(report["latency"]), "embedded broker": _latency(embedded["latency"])}),
        "CPU seconds for 1,000 readings: do-nothing | pipeline | embedded",
        *_rows(_cpu(report)),
        "Memory, MB (shared parts counted once)",
        *_rows({name: f"{size:,.1f}" for name, size in report["memory_mb"].items()}),
        "Durability in force",
        *_rows(report["durability"]),
        "Every reading has its one row",
        *_rows({"Mosquitto": _verified(report["verified"]), "embedded": _verified(embedded["verified"])}),
    ]


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """Objects and lists of objects as rows of their own."""
    rows: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, Mapping):
            rows[name] = ", ".join(f"{part} {what}" for part, what in value.items())
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            rows |= {
                f"{name} {at}": ", ".join(f"{part} {what}" for part, what in one.items())
                for at, one in enumerate(value, 1)
            }
        else:
            rows[name] = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
    return rows


def _rows(values: Mapping[str, Any]) -> list[str]:
    width = max((len(name) for name in values), default=0)
    return [f"  {name:<{width}}  {value}" for name, value in values.items()] + [""]


def _latency(told: Mapping[str, Any]) -> str:
    load = f"at {told['load_rate']:,}/s ({told['probes']} probes)"
    return f"p50 {told['p50_ms']} ms, p99 {told['p99_ms']} ms {load}"


def _cpu(report: Mapping[str, Any]) -> dict[str, str]:
    columns = (
        report["cpu_seconds_per_1000_do_nothing"],
        report["cpu_seconds_per_1000"],
        report["embedded_broker"]["cpu_seconds_per_1000"],
    )
    names = dict.fromkeys(name for column in columns for name in column)
    shown = [name for name in names if any(column.get(name, 0) >= _SHOWN_FROM for column in columns)]
    told = {name: " | ".join(f"{column.get(name, 0):.4f}" for column in columns) for name in shown}
    return told | {"all": " | ".join(f"{sum(column.values()):.4f}" for column in columns)}


def _verified(found: Mapping[str, Any]) -> str:
    return (
        f"{found['published']:,} published, {found['rows']:,} rows, {found['lost']} lost, "
        f"{found['stored_twice']} stored twice, {found['rejected']} rejected, "
        f"values {'exact' if found['values_are_exact'] else 'WRONG'}"
    )
