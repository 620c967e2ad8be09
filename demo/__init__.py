"""`make demo`: the main job on a local AWS, shown step by step; and `make deploy`: the same on a real account."""
