"""One lake on this machine: its folder, landing, runs, and what it recorded."""
