"""`rasgado submit-series`, `list-series`, `cancel-series`, `templates`, `save-template` and `delete-template`."""

from __future__ import annotations

import argparse
import uuid

from rich.table import Table

from rasgado import output, values
from rasgado.client import Client, Json
from rasgado.commands import NOTES, RESULTS, keeping_key, submission

SERIES_FIELDS = ("id", "title", "instrument", "group", "submitted_by", "varied", "created_at")
TEMPLATE_FIELDS = ("id", "name", "method", "group", "shared", "created_by", "notes")


def add(command: values.Commands) -> None:
    """The commands' arguments."""
    one = command.add_parser(
        "submit-series", help="queue several runs as one",
        description="Queue a run for each value of a parameter, or repetitions; all of them or none.",
    )  # fmt: skip
    values.submission_arguments(one)
    one.add_argument(
        "--vary", metavar="NAME=V1,V2,…", type=values.variation,
        help="a parameter of the method, or temperature_k, and its values in SI units",
    )  # fmt: skip
    one.add_argument("--repeats", type=values.positive, default=1, metavar="N", help="runs of each value")
    one.add_argument(
        "--one-by-one", action="store_true", help="hold each run after the first until it is resumed, on its page"
    )
    one.add_argument("--output-json", dest="as_json", action="store_true", help="show JSON")
    one.set_defaults(command=submit_series)

    one = command.add_parser("list-series", help="series of runs, the newest first")
    values.formats(one)
    one.set_defaults(command=list_series)

    one = command.add_parser("cancel-series", help="cancel every run of a series that has not ended")
    one.add_argument("series", type=values.positive, metavar="SERIES", help="number of the series")
    one.set_defaults(command=cancel_series)

    one = command.add_parser("templates", help="templates to submit from")
    values.formats(one)
    one.set_defaults(command=templates)

    one = command.add_parser("save-template", help="keep a method with its parameters for a group")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--group", metavar="SLUG", required=True)
    one.add_argument("--method", metavar="NAME", required=True)
    values.set_argument(one)
    one.add_argument("--notes", default="")
    one.add_argument("--shared", action="store_true", help="show it to every group")
    one.set_defaults(command=save_template)

    one = command.add_parser("delete-template", help="remove a template; runs made from it stay")
    one.add_argument("template", metavar="NAME|ID")
    one.set_defaults(command=delete_template)


def submit_series(client: Client, options: argparse.Namespace) -> int:
    given = submission(client, options)
    key = options.idempotency_key or uuid.uuid4().hex
    varied, varying = options.vary or ("", ())
    with keeping_key(key):
        made = client.submit_series(
            **given, varied=varied, values=varying, repeats=options.repeats, one_by_one=options.one_by_one,
            idempotency_key=key,
        )  # fmt: skip
    if options.as_json:
        print(output.as_json(made))
    else:
        RESULTS.print(f"Series {made['id']} is queued: {_runs(made)}.", highlight=False)
    return 0


def list_series(client: Client, options: argparse.Namespace) -> int:
    found = client.series()
    if options.as_json:
        print(output.as_json(found))
    elif options.as_csv:
        print(output.as_csv(found, SERIES_FIELDS))
    elif found:
        shown = Table("Series", "Instrument", "Varied", "Runs", "By", "Title", box=None, header_style="bold")
        for one in found:
            varied = one["varied"] or "repeated"
            shown.add_row(str(one["id"]), one["instrument"], varied, _runs(one), one["submitted_by"], one["title"])
        RESULTS.print(shown)
    else:
        NOTES.print("There are no series.")
    return 0


def cancel_series(client: Client, options: argparse.Namespace) -> int:
    made = client.cancel_series(options.series)
    text = f"Series {made['id']} is cancelled: {_runs(made)}; what has ended stays as it is."
    RESULTS.print(text, highlight=False)
    return 0


def templates(client: Client, options: argparse.Namespace) -> int:
    found = client.templates()
    if options.as_json:
        print(output.as_json(found))
    elif options.as_csv:
        print(output.as_csv(found, TEMPLATE_FIELDS))
    elif found:
        shown = Table("Template", "Name", "Method", "Group", "Notes", box=None, header_style="bold")
        for one in found:
            group = f"{one['group']}, shared" if one["shared"] else one["group"]
            shown.add_row(str(one["id"]), one["name"], one["method"], group, one["notes"])
        RESULTS.print(shown)
    else:
        NOTES.print("There are no templates.")
    return 0


def save_template(client: Client, options: argparse.Namespace) -> int:
    made = client.save_template(
        group=options.group, name=options.name, method=options.method, parameters=dict(options.set or ()),
        notes=options.notes, shared=options.shared,
    )  # fmt: skip
    RESULTS.print(f"Template {made['id']} is kept: {made['name']}.", highlight=False, markup=False)
    return 0


def delete_template(client: Client, options: argparse.Namespace) -> int:
    found = client.template(options.template)
    client.delete_template(int(found["id"]))
    RESULTS.print(f"Template {found['id']} is removed: {found['name']}.", highlight=False, markup=False)
    return 0


def _runs(series: Json) -> str:
    """Such as "runs 7 to 9"; their numbers one by one if others came between."""
    numbers = [int(number) for number in series["runs"]]
    if len(numbers) == 1:
        return f"run {numbers[0]}"
    if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"runs {numbers[0]} to {numbers[-1]}"
    return f"runs {', '.join(map(str, numbers))}"
