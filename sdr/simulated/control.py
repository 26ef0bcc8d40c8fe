"""Commands that whoever started the simulator gives it while it runs, one a line; each is answered with one line."""

from __future__ import annotations

from sdr.simulated.server import Server


def obey(server: Server, line: str) -> str:
    """Do what a line says; returns "ok", or "no" and a sentence.

    "fault KIND:N" (see sdr.simulated.faults), "clear" (no fault waits any more), "thaw", "reboot", "unplug", "plug",
    "delay SECONDS" (how late the fault "delay" is).
    """
    command, _, argument = line.strip().partition(" ")
    try:
        match command:
            case "fault":
                server.faults.add(argument)
            case "clear":
                server.faults.clear()
            case "thaw":
                server.faults.thawed.set()
            case "reboot":
                server.reboot()
            case "unplug":
                server.unplug()
            case "plug":
                server.faults.plugged.set()
            case "delay":
                server.faults.delay_s = _seconds(argument)
            case _:
                return f"no unknown command {command!r}"
    except ValueError as error:
        return f"no {error}"
    return "ok"


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 3600:
        raise ValueError(f"a delay must be 0 to 3600 s, not {text}")
    return value
