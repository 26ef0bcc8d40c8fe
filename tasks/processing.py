"""The processing workers' task: from a run's stored captures to a version of its spectrum."""

from __future__ import annotations

import logging

from django.db import DatabaseError, transaction

from acquisition.errors import AcquisitionError
from acquisition.methods.parameters import parse
from acquisition.reconstruction import ReconstructionParameters
from acquisition.verdict import reconstruct
from tasks.app import app
from tasks.heartbeat import kept_alive
from webapp.calibrations import services as calibrations
from webapp.library.services import index
from webapp.runs.queue import jobs
from webapp.runs.services import captures
from webapp.spectra.models import Spectrum
from webapp.spectra.services import results

log = logging.getLogger(__name__)


@app.task(name="tasks.processing.process", ignore_result=True)
def process(spectrum_id: int) -> bool:
    """Make the spectrum of this row, unless somebody else does or has; returns whether it was made here."""
    job = jobs.claim_job(spectrum_id)
    if job is None:
        return False
    with kept_alive(lambda: jobs.renew_job(job)):
        try:
            spectrum = Spectrum.objects.select_related("run").get(pk=spectrum_id)
            records = list(spectrum.run.captures.all())
            loaded = [captures.load(record) for record in records]
            reconstruction = reconstruct(loaded, parse(ReconstructionParameters, spectrum.parameters))
            # The values file is named after job and fence, so a rival's file is never overwritten.
            with transaction.atomic():
                jobs.require_job(job)
                results.store(spectrum, reconstruction, records)
                calibrations.record(spectrum)
                jobs.close_job(job)
                index.index(spectrum_id)
        except jobs.JobLost as lost:
            log.warning("%s", lost)
            return False
        except AcquisitionError as error:
            jobs.fail_job(job, str(error))
            return False
        except DatabaseError:
            raise  # the lease ends and the sweep hands the job out again
        except Exception as error:
            log.exception("Spectrum %s could not be processed", spectrum_id)
            jobs.fail_job(job, f"Processing failed ({type(error).__name__}: {error}). The captures are kept.")
            return False
    return True
