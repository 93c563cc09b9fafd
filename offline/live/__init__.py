"""The live path from a terminal: replays events into the API, shows the live windows, sends failed batches again."""
