"""The yardstick: a paho client in a process of its own that receives at QoS 1, acknowledges, and counts."""

import threading
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


def main(
    host: str,
    port: int,
    login: tuple[str, str],
    topics: str,
    taken: "Synchronized[int]",
    subscribed: Event,
    stop: Event,
) -> None:
    """Receive `topics` until told to stop; `taken` is the count so far."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bench-subscriber")
    client.username_pw_set(*login)

    def count(*_: Any) -> None:
        taken.value += 1

    def subscribe(*_: Any) -> None:
        client.subscribe(topics, qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = count
    client.connect(host, port)
    threading.Thread(target=lambda: (stop.wait(), client.disconnect()), daemon=True).start()
    client.loop_forever()
