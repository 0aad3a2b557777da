"""Prometheus metrics of the flow of readings. Labels never name a meter, a person or a cooperative."""

from prometheus_client import Counter, Gauge

READINGS = Counter("palier_readings_total", "Readings by what became of them", ["result"])
DAYS_CLOSED = Counter("palier_days_closed_total", "Days closed or told again")
FILE_VALUES = Counter("palier_file_values_total", "Values of files by what became of them", ["result"])
PARTITIONS_MISSED = Counter(
    "palier_partitions_missed_total", "Days of the hot window that lacked a partition when readings came"
)
WITHOUT_PARTITION = Gauge(
    "palier_readings_without_partition",
    "Readings of the hot window in the default partition",
    multiprocess_mode="mostrecent",
)
