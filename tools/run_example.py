"""Run somebody's example script for a Pluto on another radio, nothing in it changed but the URI.

    python -m tools.run_example SCRIPT ip:127.0.0.1:30431

For pyadi-iio's own examples, which may not be copied here: fetch them from its repository. Pictures are not drawn where
matplotlib is not installed.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from unittest.mock import MagicMock

#: objects of pyadi that are made without a URI, which then look for a radio by themselves
_WITHOUT_URI = re.compile(r"\badi\.(Pluto|ad9361|ad9364|tddn|one_bit_adc_dac)\(\s*\)")
_URI = re.compile(r"""(["'])(?:ip|usb):[^"'\s]*\1""")


def with_uri(source: str, uri: str) -> str:
    """The script with every URI of a radio replaced, and given where there was none."""
    return _WITHOUT_URI.sub(rf'adi.\1(uri="{uri}")', _URI.sub(f'"{uri}"', source))


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("python -m tools.run_example SCRIPT URI\n")
        return 2
    path, uri = Path(arguments[0]), arguments[1]
    if importlib.util.find_spec("matplotlib") is None:
        sys.modules["matplotlib"] = sys.modules["matplotlib.pyplot"] = MagicMock()
    else:
        import matplotlib

        matplotlib.use("Agg")
    sys.argv = [str(path)]
    script = with_uri(path.read_text(encoding="utf-8"), uri)
    exec(compile(script, str(path), "exec"), {"__name__": "__main__", "__file__": str(path)})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
