"""The whole suite in one class, and the fixtures that its tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdr.conformance.bench import Bench
from sdr.conformance.captures import Captures
from sdr.conformance.endings import Endings
from sdr.conformance.opening import Opening
from sdr.conformance.refusals import Refusals
from sdr.transceiver import Transceiver


class _Held:
    """The one transceiver that tests share as long as none needs the radio for itself."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._transceiver: Transceiver | None = None

    def get(self) -> Transceiver:
        if self._transceiver is None:
            self._transceiver = self._bench.open()
        return self._transceiver

    def close(self) -> None:
        if self._transceiver is not None:
            transceiver, self._transceiver = self._transceiver, None
            transceiver.close()


class TransceiverConformance(Opening, Captures, Refusals, Endings):
    """Subclass it as `Test...` with a class-scoped fixture `bench` that gives a `Bench`."""

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Iterator[Bench]:
        """To be overridden."""
        raise NotImplementedError("A conformance test needs a fixture named bench.")

    @pytest.fixture(scope="class")
    @classmethod
    def held(cls, bench: Bench) -> Iterator[_Held]:
        held = _Held(bench)
        yield held
        held.close()

    @pytest.fixture
    def radio(self, held: _Held) -> Transceiver:
        """An open transceiver, shared; a test must leave it fit for use."""
        return held.get()

    @pytest.fixture
    def alone(self, held: _Held, bench: Bench) -> Bench:
        """The bench, with nobody using the radio."""
        held.close()
        return bench
