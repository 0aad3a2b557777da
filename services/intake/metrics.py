"""Intake's Prometheus metrics. Labels are closed lists: no meter, topic or cooperative."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter(
    "palier_intake_messages_total",
    "MQTT messages received, by outcome (`accepted`, `without_reading` or the reason)",
    ["result"],
)
RETAINED = Counter("palier_intake_retained_total", "Of those, kept for new subscribers")
RETRIED = Counter("palier_intake_retried_total", "Messages read again from quarantine", ["result"])
REPEATED = Counter("palier_intake_repeated_total", "Redeliveries of messages still in hand")
READINGS = Counter("palier_intake_readings_total", "Readings decoded", ["codec"])
ACKS = Counter("palier_intake_acks_total", "MQTT acknowledgements", ["result"])
BATCH_READINGS = Histogram(
    "palier_intake_batch_readings", "Readings in one batch", buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500)
)
PUBLISH_SECONDS = Histogram(
    "palier_intake_publish_seconds",
    "From the first try to the stream's acknowledgement",
    ["stream"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600),
)
PUBLISH_FAILURES = Counter(
    "palier_intake_publish_failures_total", "Tries that the stream did not take", ["stream"]
)
IN_HAND = Gauge(
    "palier_intake_in_hand", "MQTT messages received and not yet durable", multiprocess_mode="mostrecent"
)
CONNECTED = Gauge(
    "palier_intake_connected", "1 while subscribed at the MQTT broker", multiprocess_mode="mostrecent"
)

# Looking a label up costs as much as parsing a short message: what every message needs is looked up once.
ACCEPTED = MESSAGES.labels("accepted")
WITHOUT_READING = MESSAGES.labels("without_reading")
SENT = ACKS.labels("sent")
