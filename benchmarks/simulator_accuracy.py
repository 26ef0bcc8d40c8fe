"""The simulated spins against the full density matrix: worst deviation over spins, asymmetries, pulses and offsets.

The ratio is the worst deviation over the 2 % that is asked for.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.result import Result
from tests.sdr.simulated.accuracy import CARRIER_HZ, echo_deviation, gapped_deviation, nutation_deviation, sites

LIMIT = 0.02
ECHOES = ((0.5, 0.5), (1.0, 1.0), (1.0, 2.0), (1.5, 3.0))
"""Both pulses in units of the best single pulse."""
DELAYS_S = (50e-6, 200e-6)
OFFSETS_HZ = (0.0, 35e3, -150e3, 270e3, -410e3)
GAPPED = ((1e-3, 20e3), (4e-3, 20e3), (1e-3, 50e3))
"""Length of the pulse and omega_1 / 2 pi at its top."""


def run() -> Result:
    worst = {"nutation": 0.0, "echo": 0.0, "broad_echo": 0.0, "gapped": 0.0}
    cases = dict.fromkeys(worst, 0)

    def note(kind: str, deviation: float) -> None:
        worst[kind] = max(worst[kind], deviation)
        cases[kind] += 1

    for site in sites():
        note("nutation", nutation_deviation(site))
        for flips in ECHOES:
            for delay_s in DELAYS_S:
                note("echo", echo_deviation(site, flips, delay_s))
        if site.eta in (0.0, 0.3):
            note("broad_echo", echo_deviation(site, (1.0, 2.0), 50e-6, 20e3, fwhm_hz=300e3, isochromats=301))
        for index, offset_hz in enumerate(OFFSETS_HZ):
            for length_s, nutation_hz in GAPPED if index < 2 else GAPPED[:1]:
                moved = replace(site, frequency_hz=CARRIER_HZ + offset_hz)
                note("gapped", gapped_deviation(moved, length_s, nutation_hz))
    value = max(worst.values())
    extra: dict[str, float | int | str] = {f"{kind}_percent": round(100 * one, 3) for kind, one in worst.items()}
    extra |= {f"{kind}_cases": count for kind, count in cases.items()}
    return Result("simulator_accuracy", 100 * value, "% of the maximum", "full density matrix", value / LIMIT, extra)
