"""What every radio driver must pass, as pytest classes that know no radio: see docs/how-to/write-a-driver.md.

    from sdr.conformance import Bench, TransceiverConformance

    class TestMyRadio(TransceiverConformance):
        @pytest.fixture(scope="class")
        @classmethod
        def bench(cls) -> Iterator[Bench]:
            yield MyBench(...)

Needs pytest, which the rest of `sdr` does not.
"""

import pytest

pytest.register_assert_rewrite(
    "sdr.conformance.captures", "sdr.conformance.refusals", "sdr.conformance.endings", "sdr.conformance.opening"
)

from sdr.conformance.bench import Bench, NotObservable  # noqa: E402  (rewriting must be asked for before the import)
from sdr.conformance.suite import TransceiverConformance  # noqa: E402

__all__ = ["Bench", "NotObservable", "TransceiverConformance"]
