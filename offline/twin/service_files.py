"""Importing this lets botocore parse the JSON files in which it describes AWS's services once a process.

Otherwise each session parses them again, some of them several megabytes, and moto makes a session for every service. botocore
itself shares what it has parsed among the clients of one session.
"""

from __future__ import annotations

from functools import cache

from botocore.loaders import JSONFileLoader

_parsed = cache(JSONFileLoader().load_file)
JSONFileLoader.load_file = lambda _, path: _parsed(path)
