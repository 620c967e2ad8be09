"""The plain function with boto3's most patient retries: adaptive, ten attempts."""

from __future__ import annotations

import boto3
from botocore.config import Config

from benchmarks.peers import plain

plain.connect = boto3.client("connect", config=Config(retries={"mode": "adaptive", "total_max_attempts": 10}))
handler = plain.handler
