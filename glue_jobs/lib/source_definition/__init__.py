"""What a source declares: its files, their columns, and the SELECTs that read them."""
