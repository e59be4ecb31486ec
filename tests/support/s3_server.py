"""A server with the API of S3 on this host, and a bucket."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def s3_bucket() -> Iterator[str]:
    """Start a server, and yield the URL of an empty bucket.

    The environment variables of its clients are set meanwhile.
    """
    import s3fs

    moto = pytest.importorskip("moto.server", reason="moto is not installed; it is in the extra quality")
    # All servers of a process have the same buckets.
    name = f"runs-{uuid.uuid4().hex}"
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    variables = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "no_proxy": host,
        "NO_PROXY": host,
    }
    try:
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in variables.items():
                patch.setenv(variable, value)
            s3fs.S3FileSystem.clear_instance_cache()
            s3fs.S3FileSystem().mkdir(name)
            yield f"s3://{name}/state"
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.stop()
