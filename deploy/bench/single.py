"""Single readings: pairs with a do-nothing subscriber over Mosquitto, then the embedded broker beside it."""

import statistics
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.bench import measure, observe
from deploy.bench.instance import Instance
from deploy.bench.mosquitto import BENCH_TOPICS, BENCH_USER
from deploy.bench.packets import Encoder
from deploy.bench.scene import Say, Scene, open_scene, over_mosquitto

METERS = 100
BOUND = 0.8
"""What the pipeline must reach of the do-nothing subscriber, as the median of the pairs."""
LATENCY_LOAD = 0.5
"""Part of the pipeline's own rate at which the time until queryable is measured."""
_ALONE_SECONDS = 5.0
_EMBEDDED_WINDOW = 16
"""Unacknowledged messages of one meter: nats-server syncs each to disk before its PUBACK, and closes a
connection whose message waits for that longer than 5 s."""


def run(folder: Path, seconds: float, pairs: int, say: Say) -> dict[str, Any]:
    """The section's report. Everything started is ended, whatever happens."""
    compared = _over_mosquitto(folder / "mosquitto", seconds, pairs, say)
    embedded = _over_embedded(folder / "embedded", seconds, say)
    are_exact = compared["verified"]["is_exact"] and embedded["verified"]["is_exact"]
    return compared | {"embedded_broker": embedded, "holds": compared["holds"] and are_exact}


def _over_mosquitto(folder: Path, seconds: float, pairs: int, say: Say) -> dict[str, Any]:
    with ExitStack() as ends:
        say("starting Mosquitto and Palier")
        scene, broker = over_mosquitto(folder, METERS, ends)
        senders = scene.job.senders
        idle = tuple(
            replace(sender, topic=BENCH_TOPICS + sender.topic[len("meters") :]) for sender in senders
        )
        say("publisher alone")
        alone = measure.alone(replace(scene.job, senders=idle, seconds=min(seconds, _ALONE_SECONDS)))
        taken: list[tuple[measure.Run, measure.Run]] = []
        for number in range(1, pairs + 1):
            yardstick = replace(scene.job, senders=idle, seconds=seconds, ahead=measure.AHEAD)
            nothing = measure.do_nothing(
                yardstick, (BENCH_USER, senders[0].password), f"{BENCH_TOPICS}/#", scene.processes
            )
            through = scene.through(seconds)
            taken.append((nothing, through))
            say(
                f"pair {number}: do-nothing {nothing.rate:,.0f}/s, pipeline {through.rate:,.0f}/s,"
                f" ratio {through.rate / nothing.rate:.2f}"
            )
        rate = statistics.median(through.rate for _, through in taken)
        say("from publish to queryable")
        latency = _latency(scene, LATENCY_LOAD * rate, seconds)
        ratio = statistics.median(through.rate / nothing.rate for nothing, through in taken)
        return {
            "ratio": round(ratio, 3),
            "bound": BOUND,
            "holds": ratio >= BOUND,
            "do_nothing_rate": round(statistics.median(nothing.rate for nothing, _ in taken)),
            "pipeline_rate": round(rate),
            "publisher_alone_rate": round(alone),
            "publisher_held_share": round(min(run.held_share for pair in taken for run in pair), 3),
            "pairs": [
                {
                    "do_nothing_rate": round(nothing.rate),
                    "pipeline_rate": round(through.rate),
                    "ratio": round(through.rate / nothing.rate, 3),
                    "messages": through.messages,
                    "settled_after_seconds": round(through.settled_after_seconds, 2),
                }
                for nothing, through in taken
            ],
            "latency": latency,
            "cpu_seconds_per_1000": taken[-1][1].cpu_per_1000(),
            "cpu_seconds_per_1000_do_nothing": taken[-1][0].cpu_per_1000(),
            "memory_mb": observe.memory_mb(scene.processes),
            "durability": observe.durability(scene.instance)
            | {f"mosquitto {name}": value for name, value in broker.settings().items()},
            "verified": observe.verify(scene.database, scene.sent, scene.job.epoch_s),
            "meters": len(senders),
            "payload_bytes": len(Encoder(senders[0], scene.job.epoch_s).payload(0)),
            "seconds_a_run": seconds,
        }


def _over_embedded(folder: Path, seconds: float, say: Say) -> dict[str, Any]:
    """The embedded broker, each meter with its own credentials; it has no do-nothing subscriber beside it,
    for no device may listen to others."""
    folder.mkdir(mode=0o700)
    with ExitStack() as ends:
        instance = Instance(folder, None)
        ends.callback(instance.stop)
        say("starting Palier with its embedded broker")
        scene = open_scene(instance, METERS, ends)
        scene.job = replace(scene.job, window=_EMBEDDED_WINDOW)
        through = scene.through(seconds)
        say(f"embedded broker: pipeline {through.rate:,.0f}/s")
        return {
            "pipeline_rate": round(through.rate),
            "publisher_held_share": round(through.held_share, 3),
            "latency": _latency(scene, LATENCY_LOAD * through.rate, seconds),
            "cpu_seconds_per_1000": through.cpu_per_1000(),
            "durability": observe.durability(instance),
            "verified": observe.verify(scene.database, scene.sent, scene.job.epoch_s),
        }


def _latency(scene: Scene, rate: float, seconds: float) -> dict[str, Any]:
    job = scene.live_job(seconds, rate)
    base = observe.stored(scene.database)
    published, waits = measure.latency(job, scene.probe, scene.database)
    scene.sent_more(job, published.counts)
    scene.sent[scene.probe] += len(waits)
    measure.drain(scene.database, base + published.messages + len(waits))
    ordered = sorted(waits)
    return {
        "load_rate": round(published.messages / (published.ended_at - published.started_at)),
        "probes": len(ordered),
        "p50_ms": round(1000 * statistics.median(ordered), 1),
        "p99_ms": round(1000 * ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))], 1),
    }
