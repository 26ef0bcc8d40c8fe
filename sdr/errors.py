"""One typed error per kind of failure of the front-end; each text is a sentence that ends with what to do."""

from __future__ import annotations


class SdrError(Exception):
    """Base of every failure of the front-end. `code` is stable and stored with the run; `advice` says what to do."""

    code = "sdr_error"
    advice = "Ask the facility's staff to check the instrument."
    field = ""
    """The instrument's setting that is wrong, where one is."""

    def __init__(self, message: str, advice: str | None = None) -> None:
        self.message = message
        self.advice = advice or type(self).advice
        super().__init__(f"{message} {self.advice}")


class RadioUnreachable(SdrError):
    code = "radio_unreachable"
    field = "uri"
    advice = "Check power, cable and address of the radio, then submit the run again."


class RadioBusy(SdrError):
    """Somebody else has the radio; `holder` is the process, where it is one of this machine that is known."""

    code = "radio_busy"
    advice = "Another program is using the radio; stop it or wait until it has finished."

    def __init__(self, message: str, advice: str | None = None, *, holder: int | None = None) -> None:
        self.holder = holder
        super().__init__(message, advice)


class RadioLost(SdrError):
    """The connection broke during use; what was averaged before is in `capture` of the transceiver's partial result."""

    code = "radio_lost"
    advice = (
        "Check cable and power of the radio; what was measured until then is kept, and the run can be queued again."
    )


class WrongRadio(SdrError):
    code = "wrong_radio"
    field = "serial"
    advice = "Connect the radio that belongs to this instrument, or enter the new serial number in its settings."


class UnsuitableRadio(SdrError):
    code = "unsuitable_radio"
    advice = "Use a radio of the AD936x family with transmit and receive channels, with a supported firmware."


class InvalidConfiguration(SdrError):
    """The instrument's own settings are impossible; `field` names the setting."""

    code = "invalid_configuration"
    advice = "Correct this setting of the instrument."

    def __init__(self, field: str, message: str, advice: str | None = None) -> None:
        self.field = field
        super().__init__(message, advice)


class ReadBackMismatch(SdrError):
    code = "read_back_mismatch"
    advice = "The radio did not take a setting; restart it and try again."


class SafetyLimitExceeded(SdrError):
    """A shot that the instrument must not play; nothing was sent. `field` names the quantity."""

    code = "safety_limit"
    advice = "Change the parameters of the run so that it stays within the instrument's limits."

    def __init__(self, field: str, message: str, advice: str | None = None) -> None:
        self.field = field
        super().__init__(message, advice)


class AlignmentFailed(SdrError):
    code = "alignment_failed"
    advice = "Check that the probe is connected and that some leakage of the pulse reaches the receiver."


class CaptureIncomplete(SdrError):
    code = "capture_incomplete"
    advice = "Lower the sampling rate or the number of samples, then try again."


class UnsafeState(SdrError):
    """Turning the transmitter off could not be confirmed."""

    code = "unsafe_state"
    advice = "Switch the transmitter's amplifier off by hand and tell the facility's staff."


class ShotStopped(SdrError):
    """The caller asked to stop; not a failure. TX is off when this is raised."""

    code = "stopped"
    advice = ""


class GuardUnavailable(SdrError):
    """Without a guard nothing is transmitted."""

    code = "guard_unavailable"
    advice = "Submit the run again; if this happens twice, restart the instrument's worker."


class GuardIntervened(SdrError):
    """The guard turned the transmitter off because the driver was silent; the shot is lost."""

    code = "guard_intervened"
    advice = "The transmitter is off. Submit the run again; if this happens twice, look for what holds the worker up."


class EmergencyStop(SdrError):
    """Staff stopped the instrument; the guard turned the transmitter off, or keeps it from being turned on."""

    code = "emergency_stop"
    advice = (
        "What was measured until then is kept; the run can be queued again when staff have released the instrument."
    )
