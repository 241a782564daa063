"""Read when a question is asked again and again, as a form has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from cleanroom.agent import schedule
from cleanroom.agent.job_section import JobSection, StandingSection
from cleanroom.documents.document import invalid_field
from cleanroom.errors import InvalidInput

TIMES: Final = ("every", "until", "first")
"""Fields of the form; with all of them empty a question is asked once."""


def read_again(
    form: Mapping[str, str], fields: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[JobSection, StandingSection] | None:
    """Return a question as a room file would have it, and its times; None if it is asked once.

    ``fields`` are those of a job, ``brand`` and ``platform`` written ``PARTY.NAME``.  Browsers
    write the first moment without an offset; it is UTC, as the form says.

    Raises ``InvalidInput`` that names the field.
    """
    given = {name: form.get(name, "").strip() for name in TIMES}
    if not any(given.values()):
        return None
    for name in ("every", "until"):
        if not given[name]:
            raise InvalidInput("This field is required.", column=name)
    try:
        common = {name: fields[name] for name in JobSection.model_fields if name in fields}
        section = JobSection.model_validate({**common, **parameters})
    except ValidationError as error:
        raise invalid_field("the question", error) from None
    first = f"{given['first']}+00:00" if given["first"] else None
    return section, schedule.read(section.name, given["every"], given["until"], first)
