"""What each command of `shoplake` takes and shows."""

from offline.cli.environment import prepare

prepare()
