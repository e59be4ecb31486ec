"""HTTP server of the simulator, with one listener for each product and site."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType

from vcloudair_core.plugin.records import SimulatorRoutes
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.core import Simulator
from vcloudair_core.simulator.server.listener import Listener
from vcloudair_core.simulator.server.web_app import make_app
from vcloudair_core.transport.messages import Request, Response


class SimulatorServer:
    """A simulator that listens on a port of this host.

    Use the server as a context manager, or call :meth:`start` and :meth:`stop`.

    Args:
        config: Options of a new simulator.
        host: Address to listen on.
        port: Port to listen on. 0 selects a free port.
        vcda_port: Port of VMware Cloud Director Availability, if the cloud has this product. 0 selects a free port. The
            source site always has a free port.
        tls: True for HTTPS with a generated CA, False for HTTP.
        simulator: An existing simulator. ``config`` and ``routes`` are then ignored.
        routes: Routes from plugins or tests, in addition to the built-in routes.

    Raises:
        OSError: The server cannot listen on the address.
    """

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        vcda_port: int = 0,
        tls: bool = True,
        simulator: Simulator | None = None,
        routes: Iterable[SimulatorRoutes] = (),
    ) -> None:
        self.simulator = simulator or Simulator(config, routes=routes)
        options = self.simulator.config
        self._listeners: dict[str, Listener] = {}
        """Listeners by site. The listener of vCloud Director has no site."""
        ports = {"": port, **dict.fromkeys(self.simulator.vcda, 0)}
        if self.simulator.vcda:
            ports[options.vcda_site] = vcda_port
        try:
            for site, chosen in ports.items():
                names, kind = options.host_names, options.certificate
                if site:
                    names, kind = options.vcda_host_names, options.vcda_certificate
                app = make_app(self.simulator, self._handler(site))
                self._listeners[site] = Listener(app, host=host, port=chosen, tls=tls, names=names, certificate=kind)
        except OSError:
            self.stop()
            raise

    def _handler(self, site: str) -> Callable[[Request], Response]:
        """Return the function that handles the requests of a listener.

        A reset of the simulator replaces its endpoints, so each request looks up its endpoint.
        """

        def handle(request: Request) -> Response:
            return self.simulator.handle(request, self.simulator.vcda.get(site))

        return handle

    @property
    def port(self) -> int:
        """Return the port of vCloud Director."""
        return self._listeners[""].port

    @property
    def ca_path(self) -> str:
        """Return the path of the CA certificate of vCloud Director.

        Without TLS, return an empty string.
        """
        return self._listeners[""].ca_path

    @property
    def url(self) -> str:
        """Return the base URL of vCloud Director."""
        return self._listeners[""].url

    @property
    def vcda_urls(self) -> dict[str, str]:
        """Return the base URLs of VMware Cloud Director Availability by site."""
        return {site: listener.url for site, listener in self._listeners.items() if site}

    def env(self) -> dict[str, str]:
        """Return the VCA_* variables that connect clients to this server."""
        vcda = self._listeners.get(self.simulator.config.vcda_site, self._listeners[""])
        return self.simulator.env(self.url, self.ca_path, vcda_url=vcda.url, vcda_ca_path=vcda.ca_path)

    def start(self) -> None:
        """Start the server, and return when it accepts requests.

        Raises RuntimeError if the server does not start, and ValueError for an unknown kind of certificate.
        """
        try:
            for listener in self._listeners.values():
                listener.start()
        except (RuntimeError, ValueError):
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, close all connections and delete the certificates.

        If the server has already stopped, nothing happens.
        """
        for listener in self._listeners.values():
            listener.stop()

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
