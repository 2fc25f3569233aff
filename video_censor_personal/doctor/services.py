"""Other programs that a config counts on, and the way to the network."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from modeltasks.errors import Failure
from modeltasks.transfer.url import redact
from video_censor_personal.config import Config
from video_censor_personal.doctor.check import Check, from_failure
from video_censor_personal.vlm.endpoint import Endpoint, EndpointSettings

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def look_at_way_out() -> Iterator[Check]:
    """Tell of proxies, and of certificates of one's own."""
    proxies = {scheme: url for scheme, url in getproxies().items() if scheme in ("http", "https", "all")}
    told = ", ".join(f"{scheme} through {redact(url)}" for scheme, url in sorted(proxies.items()))
    yield Check("Proxy", "ok", told or "none is set")
    for name in _BUNDLES:
        bundle = os.environ.get(name)
        if not bundle:
            continue
        if Path(bundle).exists():
            yield Check("Certificates", "ok", f"those of {bundle} ({name})")
        else:
            what = f"{name} names {bundle}, which is not there: no secure connection can be made"
            yield Check("Certificates", "failed", what, f"Correct or unset {name}")
        return
    yield Check("Certificates", "ok", "the usual ones")


def look_at_scheduler(address: str, seconds: float) -> Iterator[Check]:
    """See whether the scheduler of a cluster can be reached."""
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), seconds).close()
    except OSError as error:
        why = error.strerror or str(error) or "no answer"
        fix = "Start it (`dask scheduler`), open its port, or set library.runner to local"
        yield Check("Scheduler", "failed", f"{address} cannot be reached: {why}", fix)
    else:
        yield Check("Scheduler", "ok", f"{address} can be reached")


def look_at_endpoints(config: Config, seconds: float) -> Iterator[Check]:
    """See whether the servers of vision language models have what the config asks them for."""
    for detector in config.detectors:
        url = detector.parameters.get("endpoint")
        if not detector.enabled or not isinstance(url, str):
            continue
        name, variable = f"Server of {detector.name}", detector.parameters.get("api_key_env")
        model = detector.parameters.get("endpoint_model")
        key = os.environ.get(str(variable)) if variable else None
        settings = EndpointSettings(url, None if model is None else str(model), key, seconds)
        server = Endpoint(settings)
        try:
            server.check()
        except Failure as error:
            yield from_failure(name, error)
        else:
            yield Check(name, "ok", f"{url} has the model")
        finally:
            server.close()
