"""What a source may be called, and which time zones there are."""

from __future__ import annotations

import re
import zoneinfo

NAME = re.compile(r"[a-z][a-z0-9_]*")


def name_problem(name: str) -> str:
    """Why a folder's name cannot be a source's; '' if it can."""
    if NAME.fullmatch(name):
        return ""
    return f"{name}: a source's name is in every table; write lower_snake_case, such as my_shop."


def timezone_problem(timezone: str) -> str:
    """What is wrong with a time zone, to be written after it; '' if it is one."""
    if timezone in zoneinfo.available_timezones():
        return ""
    return "is not a time zone; write one such as Europe/Berlin, or UTC."
