"""The lake's infrastructure. Importing any stack starts the CDK's kernel, a Node program, on the Node from the wheel."""

from __future__ import annotations

import os

from stacks import node

os.environ.update(node.environment())
