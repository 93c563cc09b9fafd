"""The deployed platform on this machine: the synthesized app, created in moto, with executors for what moto does not compute."""
