"""A run whose radio is lost waits a while for it to come back, and goes on with the shot that was broken off."""

from __future__ import annotations

import dataclasses
import logging

from django.conf import settings

from sdr.errors import RadioLost, SdrError
from sdr.transceiver import Transceiver
from tasks.watch import Watch
from webapp.runs.queue import ownership
from webapp.runs.queue.ownership import Claim

log = logging.getLogger(__name__)

LOSSES_MOST = 3
"""A run that loses its radio more often than this is not helped by going on."""


class LostRadio:
    """Looks for the radio of one run when it is lost."""

    def __init__(self, claim: Claim, watch: Watch) -> None:
        self._claim, self._watch = claim, watch
        self._losses = 0

    def look_for(self, radio: Transceiver, lost: RadioLost) -> None:
        """Return once the radio is back, its transmitter read back as off; every shot sets it up anew.

        Raises RadioLost if it does not come back within its grace or was lost too often, ShotStopped if the run is to
        stop meanwhile, which is asked all the while.
        """
        self._losses += 1
        grace_s = settings.RASGADO_RADIO_GRACE_S
        if self._losses > LOSSES_MOST:
            raise lost
        was_at = radio.identity.uri
        ownership.say(self._claim, f"{lost.message} It is looked for for {grace_s:g} s.")
        try:
            identity = radio.recover(grace_s, should_stop=self._watch.should_stop)
        except SdrError as failure:
            if failure.code == "stopped":
                raise
            log.warning("Run %s: %s", self._claim.run_id, failure)
            again = RadioLost(f"{lost.message} {failure.message}")
            for note in getattr(lost, "__notes__", ()):
                again.add_note(note)
            raise again from lost
        at = f" at {identity.uri}" if identity.uri != was_at else ""
        ownership.radio_seen(self._claim, dataclasses.asdict(identity))
        ownership.say(self._claim, f"The radio is back{at}; the shot that was broken off is played again.")
