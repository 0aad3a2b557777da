"""Prometheus metrics of the flow of readings. Labels never name a meter, a person or a cooperative."""

from prometheus_client import Counter

READINGS = Counter("palier_readings_total", "Readings by what became of them", ["result"])
DAYS_CLOSED = Counter("palier_days_closed_total", "Days closed or told again")
FILE_VALUES = Counter("palier_file_values_total", "Values of files by what became of them", ["result"])
