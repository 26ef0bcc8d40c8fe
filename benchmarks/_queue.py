"""A long queue for benchmarks: runs of groups that wait, runs of the past to learn from, bookings to keep clear of.

Called with Django set up; on a stack through `manage.py shell`.
"""

from __future__ import annotations

import datetime
import random

GROUPS, USERS_OF_A_GROUP, PAST, BOOKINGS = 10, 3, 300, 10


def fill(slug: str, queued: int) -> None:
    """Let `queued` runs wait for the instrument of this slug, which is made unless there is one."""
    from django.utils import timezone

    from webapp.accounts.models import Group, Membership, User
    from webapp.facility.models import Booking, Instrument
    from webapp.runs.models import Run
    from webapp.samples.models import Sample

    choice, now = random.Random(1), timezone.now()
    instrument, _made = Instrument.objects.get_or_create(slug=slug, defaults={"name": slug, "uri": "ip:127.0.0.1:1"})
    groups = Group.objects.bulk_create(Group(name=f"Bench {k}", slug=f"bench-{k}") for k in range(GROUPS))
    users = User.objects.bulk_create(User(username=f"bench-{k}") for k in range(GROUPS * USERS_OF_A_GROUP))
    Membership.objects.bulk_create(Membership(user=user, group=groups[k % GROUPS]) for k, user in enumerate(users))
    samples = Sample.objects.bulk_create(
        Sample(name=f"bench {k}", group=group, created_by=users[k]) for k, group in enumerate(groups)
    )

    def run(number: int, **values: object) -> Run:
        owner = number % len(users)
        duration_s = choice.uniform(60.0, 1800.0)
        plan = {
            "windows_hz": [[28.0e6 + 1e6 * k, 1.0e6] for k in range(8)], "shots_survey": 8, "shots_confirm_max": 20,
            "averages_per_shot": 4000, "duration_s": duration_s, "duration_max_s": 1.5 * duration_s,
            "notes": ["The window is measured from the side, so that the carrier is outside it."],
        }  # fmt: skip
        return Run(
            instrument=instrument, sample=samples[owner % GROUPS], group=groups[owner % GROUPS],
            submitted_by=users[owner], method="survey", plan=plan, position=float(number), title=f"Bench run {number}",
            parameters={f"parameter_{k}": float(k) for k in range(20)}, **values,
        )  # fmt: skip

    runs = []
    for number in range(PAST):
        start = now - datetime.timedelta(hours=200 - number / 2)
        waited_s = choice.uniform(60.0, 7200.0)
        forecast = {"made_at": (start - datetime.timedelta(seconds=waited_s)).isoformat(), "ahead": 3,
                    "wait_s": waited_s * choice.uniform(0.6, 1.6)}  # fmt: skip
        end = start + datetime.timedelta(seconds=choice.uniform(60.0, 1700.0))
        times = {"queued_at": start, "claimed_at": start, "acquiring_at": start, "acquired_at": end, "finished_at": end}
        runs.append(run(number, state=Run.State.DONE, forecast=forecast, **times))
    forecast = {"made_at": now.isoformat(), "ahead": 3, "wait_s": 3600.0}
    runs += [run(PAST + k, state=Run.State.QUEUED, queued_at=now, forecast=forecast) for k in range(queued)]
    Run.objects.bulk_create(runs, batch_size=500)
    first = now + datetime.timedelta(hours=6)
    hours = [first + datetime.timedelta(hours=12 * k) for k in range(BOOKINGS)]
    Booking.objects.bulk_create(
        Booking(instrument=instrument, group=groups[k % GROUPS], user=users[k % GROUPS], created_by=users[k % GROUPS],
                starts_at=hour, ends_at=hour + datetime.timedelta(hours=2))
        for k, hour in enumerate(hours)
    )  # fmt: skip
