"""Prometheus metrics that every room has. Labels never name a meter, a person or a cooperative."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS_HANDLED = Counter(
    "palier_events_handled_total", "Events handled, by outcome", ["room", "subject", "result"]
)
HANDLER_SECONDS = Histogram(
    "palier_handler_seconds",
    "Time from fetch to commit of one event or batch",
    ["room", "subject"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DEAD_LETTERS = Counter("palier_dead_letters_total", "Messages a room gave up on", ["room", "subject"])
OUTBOX_PUBLISHED = Counter("palier_outbox_published_total", "Outbox rows published", ["room"])
OUTBOX_WAITING = Gauge(
    "palier_outbox_waiting", "Outbox rows not yet published", ["room"], multiprocess_mode="mostrecent"
)
LOOP_LAG = Gauge(
    "palier_loop_lag_seconds", "How late the event loop ran", ["room"], multiprocess_mode="mostrecent"
)
