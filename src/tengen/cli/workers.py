"""The processes that serve: what they run, and what keeps them together."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from socket import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess


def build_app() -> ASGIApp:
    """The application, as each serving process builds it: settings come from the environment."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        # A worker without its supervisor would keep the port for ever, and nobody could start a new one.
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    gc.disable()  # as in `tengen.cli.entry`
    from tengen.app import create_app  # the supervisor does without

    app = create_app()
    gc.freeze()  # what is here now stays to the end: never look at it again
    gc.set_threshold(10_000, 20, 20)  # a request makes hundreds of objects and hardly ever a cycle of them
    gc.enable()
    return app


def _end_with(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _forget_metrics(pid: int | None) -> None:
    """Let what a worker counted of itself end with it; what it has done stays counted."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


class OneProcess(uvicorn.Server):
    """Serves in this process. Ends with SIGTERM or SIGINT, and then returns: ending when asked to is no failure."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and tell when requests are answered."""
        await super().startup(sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the library's signature
        """Stop after the running requests; a second Ctrl+C does not wait for them."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


class Supervisor(Multiprocess):
    """Starts the workers, and a new one for each that dies."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], on_ready: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._on_ready = on_ready
        self._is_ready = False

    @property
    def has_failed(self) -> bool:
        """Whether it ended because a worker could not start."""
        return any(process.exitcode == STARTUP_FAILURE for process in self.processes)

    def keep_subprocess_alive(self) -> None:
        """Look after the workers, and tell when all of them answer requests for the first time."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            _forget_metrics(pid)
        if not self._is_ready and not self.should_exit.is_set():
            self._is_ready = all(process.is_ready() for process in self.processes)
            if self._is_ready:
                self._on_ready()
