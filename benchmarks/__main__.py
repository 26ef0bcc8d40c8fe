"""Runs the benchmarks named on the command line, or all: each module here with a `run() -> Result`."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys

import acquisition  # noqa: F401  (before numpy; see there)
import benchmarks
from benchmarks.result import Result


def main(names: list[str]) -> int:
    known = [
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name not in {"__main__", "result"} and not module.name.startswith("_")
    ]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"No benchmark {', '.join(unknown)}; known are {', '.join(known)}.", file=sys.stderr)
        return 2
    failed = False
    for name in names or known:
        try:
            result: Result = importlib.import_module(f"benchmarks.{name}").run()
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            failed = True
            continue
        line = {"name": result.name, "value": result.value, "unit": result.unit, "against": result.against}
        print(json.dumps(line | {"ratio": result.ratio} | result.extra), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
