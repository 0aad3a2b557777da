"""The codecs of the contract are those that intake reads."""

from contracts.codes import Codec
from services.intake.codecs import CODECS


def test_every_codec_that_may_be_named_is_read_and_the_other_way_round() -> None:
    assert set(CODECS) == set(Codec)
