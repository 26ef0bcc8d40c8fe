"""`manage.py reconstruct`: lines of stored captures, offline; needs neither database nor Redis."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from acquisition.errors import InvalidParameters
from acquisition.methods.parameters import parse
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.records.offline import reconstruct_recordings


class Command(BaseCommand):
    """Thin: arguments in, `acquisition.records.offline` does the work, JSON lines or tables out."""

    help = "Reconstruct captures in the documented SigMF form and print their lines."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recordings", nargs="+", metavar="REC.sigmf-meta")
        parser.add_argument("--json", action="store_true", help="one JSON object a line, one line a recording")
        parser.add_argument(
            "--false-alarms", type=float, default=None, help="false alarms per recording that are accepted"
        )
        parser.add_argument(
            "--minimum-confidence",
            type=float,
            default=0.9,
            help="leave out, with a message, lines whose tooth of the comb is less certain (0 gives all; default 0.9)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = {
            "false_alarms_per_survey": options["false_alarms"],
            "minimum_confidence": options["minimum_confidence"],
        }
        try:
            parameters = parse(ReconstructionParameters, chosen)
        except InvalidParameters as error:
            self.stderr.write(str(error))
            sys.exit(1)
        failed = False
        for result in reconstruct_recordings(options["recordings"], parameters):
            if result.reconstruction is None:
                failed = True
                self.stderr.write(result.error)
            elif options["json"]:
                self.stdout.write(json.dumps(result.as_json(), allow_nan=False))
            else:
                self.stdout.write(_table(result.recording, result.reconstruction))
            self.stdout.flush()
        if failed:
            sys.exit(1)


def _table(recording: str, reconstruction: Reconstruction) -> str:
    """A recording's lines for people."""
    out = [f"{recording}: {len(reconstruction.lines)} line(s), noise {reconstruction.noise_sigma:.4g} per sample"]
    if reconstruction.lines:
        out.append(f"{'frequency / MHz':>22} {'FWHM / kHz':>16} {'amplitude':>12} {'SNR':>7} {'tooth':>6}")
    for line in reconstruction.lines:
        frequency = f"{line.frequency_hz / 1e6:.6f} +- {line.frequency_sigma_hz / 1e6:.6f}"
        width = f"{line.fwhm_hz / 1e3:.3f} +- {line.fwhm_sigma_hz / 1e3:.3f}"
        confidence = f"{line.unfolding_confidence:.3f}"
        out.append(f"{frequency:>22} {width:>16} {line.amplitude:>12.4g} {line.snr:>7.1f} {confidence:>6}")
    out.extend(reconstruction.messages)
    return "\n".join(out)
