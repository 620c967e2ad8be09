"""The benchmarks: `python -m benchmarks`, or `make bench`; `--quick` for what `make test` runs."""
