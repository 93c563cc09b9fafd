"""The lake's infrastructure. Importing any stack starts the CDK's kernel, a Node program: the wheel's Node runs it."""

from __future__ import annotations

import os

from stacks import node

os.environ.update(node.environment())
