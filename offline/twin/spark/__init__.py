"""The Spark process that runs Glue jobs on this machine."""
