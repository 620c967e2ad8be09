"""A certificate for the local AWS, made anew each time: crhelper and the CDK's asset upload speak HTTPS only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificate:
    """Where the parts of a certificate stand.

    Attributes:
        authority: The certificate of the authority, as a bundle that a client trusts.
        chain: The server's certificate.
        key: The server's key.
    """

    authority: Path
    chain: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Certificate:
        """Make an authority and a certificate of it for the loopback names, and write them to a folder."""
        made = cls(folder / "authority.pem", folder / "server.pem", folder / "server.key")
        authority = trustme.CA()
        # S3 puts a bucket's name before the host's.
        server = authority.issue_cert("localhost", "127.0.0.1", "*.localhost", "*.s3.localhost")
        authority.cert_pem.write_to_path(str(made.authority))
        server.cert_chain_pems[0].write_to_path(str(made.chain))
        server.private_key_pem.write_to_path(str(made.key))
        made.key.chmod(0o600)
        return made
