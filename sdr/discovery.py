"""Which radios are there: those on USB, those that announce themselves in the network, those at configured addresses.

RASGADO_RADIO_URIS lists, separated by spaces, addresses where radios may be found: for a scan, and when the radio of a
run has gone from its own address.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import iio

from acquisition.front_end import SettingFault, read_address
from sdr.errors import RadioBusy, SdrError
from sdr.lock import RadioLock
from sdr.pluto.connection import check_devices, firmware_of, has_tdd, model_name, open_context, read_ranges, translated
from sdr.pluto.family import MODELS, RadioModel
from sdr.pluto.safe_state import TransmitterSwitch

BACKENDS = ("usb", "ip")
DNS_SD_DAEMON = Path("/run/avahi-daemon/socket")
ANSWER_S = 1.0
NQR_MAX_HZ = 300e6

_SERIAL = re.compile(r"serial=(\S+)")


@dataclass(frozen=True)
class Announced:
    """An address at which something says that it is there; `serial` is empty unless it says that as well."""

    uri: str
    serial: str = ""


@dataclass(frozen=True)
class FoundRadio:
    """A radio that was found, or what is known of one that could not be asked.

    `driver` is the name to enter with an instrument, empty if none suits; `synchronisation` "tdd" or "leakage";
    `warnings` are sentences.
    """

    uri: str
    serial: str = ""
    model: str = ""
    firmware: str = ""
    driver: str = ""
    synchronisation: str = ""
    tuning_min_hz: float = 0.0
    tuning_max_hz: float = 0.0
    warnings: tuple[str, ...] = ()


def configured_uris() -> tuple[str, ...]:
    """The addresses of RASGADO_RADIO_URIS; what is no address is left out."""
    given = os.environ.get("RASGADO_RADIO_URIS", "").split()
    return tuple(uri for uri in given if not isinstance(read_address(uri), SettingFault))


def announced() -> tuple[Announced, ...]:
    """What libiio finds by itself: radios on USB, and radios that announce themselves by DNS-SD.

    Without a DNS-SD daemon, or without USB, that part finds nothing. libiio gives the serial number of a radio on USB
    in the description of its context, so it need not be opened (read from libiio's sources, not tried on a radio).
    """
    found: dict[str, Announced] = {}
    for backend in BACKENDS:
        for uri, description in _scan(backend).items():
            serial = _SERIAL.search(description)
            found[uri] = Announced(uri, serial.group(1) if serial else "")
    return tuple(found.values())


def candidates(first: Iterable[str] = ()) -> Iterator[Announced]:
    """Where a radio may be: `first`, then the configured addresses, then whatever announces itself; each once."""
    seen = set()
    for uri in (*first, *configured_uris()):
        if uri not in seen:
            seen.add(uri)
            yield Announced(uri)
    for found in announced():
        if found.uri not in seen:
            yield found


def scan(uris: Iterable[str] = (), timeout_s: float = ANSWER_S) -> list[FoundRadio]:
    """Look at every radio at `uris`, at the configured addresses and among those announced; nothing is set.

    A radio that another process of this machine has locked is not asked, as every new connection over the network
    changes the time for which the radio waits on behalf of all.
    """
    found = [look_at(candidate.uri, timeout_s) for candidate in candidates(uris)]
    serials = [radio.serial for radio in found if radio.serial]
    return [_with_twins(radio, serials.count(radio.serial)) for radio in found]


def look_at(uri: str, timeout_s: float = ANSWER_S) -> FoundRadio:
    """What the radio at an address says of itself; whatever is wrong is among the warnings."""
    try:
        lock = RadioLock(uri)
    except RadioBusy as busy:
        return FoundRadio(uri, warnings=(f"{busy.message} It was not asked.",))
    try:
        return _ask(uri, timeout_s)
    except SdrError as error:
        return FoundRadio(uri, warnings=(str(error),))
    finally:
        lock.release()


def _ask(uri: str, timeout_s: float) -> FoundRadio:
    context = open_context(uri, timeout_s)
    with translated(uri):
        serial = str(context.attrs.get("hw_serial", ""))
        model = _recognise(context)
        if model is None:
            name, what = str(context.attrs.get("hw_model", "")), "It is no radio of a kind that a driver is there for."
            return FoundRadio(uri, serial, name, firmware_of(context), warnings=(what,))
        ranges = read_ranges(context, model)
        warnings = []
        if not serial:
            warnings.append("It has no serial number, so it is not found again at another address.")
        tdd = has_tdd(context, model)
        if not tdd and model.tdd:
            warnings.append("Its firmware has no TDD core: update it to 0.39 or later for exact timing.")
        if ranges.frequency_min_hz > NQR_MAX_HZ:
            warnings.append(f"It tunes from {ranges.frequency_min_hz / 1e6:.6g} MHz: NQR needs a frequency converter.")
        if model.tried != "real":
            warnings.append(f"Nobody has tried this driver on a {model.title}.")
        if not TransmitterSwitch(context).read(buffer_destroyed=True).confirmed:
            warnings.append("Its transmitter is not off; a driver that opens it turns it off.")
        return FoundRadio(
            uri,
            serial,
            model_name(context, model),
            firmware_of(context),
            model.driver,
            "tdd" if tdd else "leakage",
            ranges.frequency_min_hz,
            ranges.frequency_max_hz,
            tuple(warnings),
        )


def _recognise(context: iio.Context) -> RadioModel | None:
    """The row of the family that suits: by what the radio calls itself, else by its channels."""
    name = str(context.attrs.get("hw_model", "")).lower()
    suits = []
    for model in MODELS:
        try:
            check_devices(context, model)
        except SdrError:
            continue
        suits.append(model)
    if not suits:
        return None
    for driver, words in (("plutoplus", ("pluto+", "plutoplus")), ("pluto", ("pluto",)), ("fmcomms2", ("fmcomms",))):
        if any(word in name for word in words):
            return next((model for model in suits if model.driver == driver), suits[0])
    paths = len(context.find_device(suits[0].receiver).channels) // 2
    return next((model for model in suits if model.paths == paths and model.tried == "real"), suits[0])


def _with_twins(radio: FoundRadio, count: int) -> FoundRadio:
    if not radio.serial or count < 2:
        return radio
    what = f"{count} addresses lead to serial number {radio.serial}: one radio by several ways, or a number used twice."
    return replace(radio, warnings=(*radio.warnings, what))


def _scan(backend: str) -> dict[str, str]:
    """Addresses and descriptions from libiio's scan with one backend; empty if it cannot scan."""
    if backend == "ip" and not DNS_SD_DAEMON.exists():
        return {}  # libiio would complain on the standard error output, every time
    context = iio._create_scan_context(backend.encode(), 0)
    contexts = {}
    try:
        infos = iio._POINTER(iio._ContextInfoPtr)()
        for index in range(iio._get_context_info_list(context, iio._byref(infos))):
            description = iio._context_info_get_description(infos[index]).decode("ascii", "replace")
            contexts[iio._context_info_get_uri(infos[index]).decode("ascii", "replace")] = description
        iio._context_info_list_free(infos)
    except OSError:
        pass  # the daemon stopped, or there is no USB
    finally:
        iio._destroy_scan_context(context)
    return contexts
