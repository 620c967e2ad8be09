"""What runs in MiniStack's own process and environment: MiniStack behind a door, with the types it does not serve.

These modules import nothing of the project, since MiniStack's environment has none of it.
"""
