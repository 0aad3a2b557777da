"""Why messages and files were not taken, and the files that can be read."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a message went to quarantine. A closed list: each has words in both languages."""

    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_CODEC = "unknown_codec"
    UNKNOWN_METER = "unknown_meter"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_QUANTITY = "unknown_quantity"
    WRONG_UNIT = "wrong_unit"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE_REGISTER = "negative_register"
    OUT_OF_RANGE = "out_of_range"
    NO_TIME = "no_time"
    RELATIVE_TIME = "relative_time"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    RETAINED = "retained"
    CHECKSUM = "checksum"
    DECODER_FAULT = "decoder_fault"


class Codec(StrEnum):
    """How a device writes its readings; the part of its topic after the meter or gateway."""

    SENML = "senml"
    LOAD_CURVE = "load-curve"
    ZLINKY = "zlinky"
    TASMOTA = "tasmota"
    SHELLY = "shelly"
    DSMR_READER = "dsmr-reader"
    ESPHOME = "esphome"
    WMBUSMETERS = "wmbusmeters"
    P1 = "p1"


class FileFormat(StrEnum):
    """Files of past consumption that can be imported. Each has words in both languages."""

    ENEDIS_CSV = "enedis_csv"
    ENEDIS_R63 = "enedis_r63"
    ENEDIS_XLSX = "enedis_xlsx"
    CONSO_DOWNLOADER = "conso_downloader"
    ENEDIS_JSON = "enedis_json"
    GRDF_JSON = "grdf_json"
    GREEN_BUTTON = "green_button"
    P1_CSV = "p1_csv"
    UCI = "uci"
    OPENDSM = "opendsm"
    PALIER_CSV = "palier_csv"
    CSV = "csv"


class FileReason(StrEnum):
    """Why a file, or one of its lines, was not read. A closed list: each has words in both languages."""

    # The whole file.
    UNKNOWN_FORMAT = "unknown_format"
    NOT_TEXT = "not_text"
    BROKEN_FILE = "broken_file"
    TOO_LARGE = "too_large"
    ARCHIVE = "archive"
    EMPTY_FILE = "empty_file"
    SERVICE_ERROR = "service_error"
    NOT_CONSUMPTION = "not_consumption"
    LONG_PERIODS = "long_periods"
    OPTION_NEEDED = "option_needed"
    UNKNOWN_OPTION = "unknown_option"
    UNKNOWN_COLUMN = "unknown_column"
    AMBIGUOUS_DATES = "ambiguous_dates"
    SEVERAL_POINTS = "several_points"
    """It names several delivery points: which one is meant has to be chosen."""
    POINT_NOT_IN_FILE = "point_not_in_file"
    # One line.
    WRONG_TIME = "wrong_time"
    NO_VALUE = "no_value"
    NOT_A_NUMBER = "not_a_number"
    WRONG_UNIT = "wrong_unit"
    NEGATIVE = "negative"
    OUT_OF_RANGE = "out_of_range"
    IN_FUTURE = "in_future"
    REPEATED_TIME = "repeated_time"
    CONFLICTING_TIME = "conflicting_time"
    OVERLAP = "overlap"
    IRREGULAR_STEP = "irregular_step"
    STEP_CONTRADICTED = "step_contradicted"
    """The step that the file states is not the distance of its rows."""
    IMPLAUSIBLE_FACTOR = "implausible_factor"
    """The conversion factor of a gas day is not kept; its volume is."""
    NOT_FINAL = "not_final"
    """The file itself calls the value doubtful, or its day unfinished."""
    REGISTER_FELL = "register_fell"
    WRONG_SHAPE = "wrong_shape"
