"""What Create, Update and Delete do, one file each, as a list of steps; `drift_watch` does the same for every ledger."""
