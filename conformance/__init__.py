"""The same checks on the stand-ins and on AWS: what each point of the emulator and of our assumptions turns out to be.

`python -m conformance` runs them on the Connect emulator and MiniStack; with `--target aws` on the account of the caller's
credentials. docs/how-to/conformance.md has the way.
"""
