"""Where calls of functions run side by side: in processes of this machine, or on the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol, TypeVar

from spinsc.errors import InputError
from spinsc.extras import need

CONNECTION_TIMEOUT_S = 5
#: ``--scheduler`` for a cluster of this machine, which ends with the run.
LOCAL = "local"
POLL_S, TICK_S, PARENT_POLL_S = 0.02, 0.2, 1.0

#: Called a few times a second while calls run.
Tick = Callable[[], None]
Argument = TypeVar("Argument")
Result = TypeVar("Result")


class Pool(Protocol):
    """Something that runs calls of a function of one argument."""

    def run(self, function: Callable[[Argument], Result], arguments: Sequence[Argument], tick: Tick | None = None,
            ) -> Generator[tuple[Argument, Result], None, None]:
        """Yield every argument with what the function returned, in the order in which calls finish.

        Both must be picklable. Calls that still run end when the generator is closed.

        Raises
        ------
        InputError
            From a call, or if whoever ran it is gone.
        """


class ProcessPool:
    """Processes of this machine.

    Parameters
    ----------
    jobs : int
        Calls at a time; each process gets its share of the processors for PyTorch.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def run(self, function: Callable[[Argument], Result], arguments: Sequence[Argument], tick: Tick | None = None,
            ) -> Generator[tuple[Argument, Result], None, None]:
        """See `Pool`."""
        context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
        clock = Clock(tick)
        with interrupts_ignored():
            executor = ProcessPoolExecutor(self.jobs, context, _start_worker, (os.getpid(), self.jobs))
            futures = {executor.submit(function, argument): argument for argument in arguments}
        try:
            while futures:
                for future in wait(futures, TICK_S, FIRST_COMPLETED).done:
                    yield futures.pop(future), future.result()
                clock.look()
        except BaseException as error:
            # An executor only stops waiting calls; those that run would go on for minutes.
            for process in multiprocessing.active_children():
                process.kill()
            executor.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, BrokenProcessPool):
                raise InputError("a process was killed (is the memory short? --jobs 1 takes less); the same command "
                                 "goes on where it ended") from None
            raise
        executor.shutdown()


class DaskPool:
    """The workers of a Dask cluster, one call to each of their threads.

    Parameters
    ----------
    client : distributed.Client
    address : str
        As the user gave it.
    needs : str
        What its workers need, for the message of a call that fails.
    """

    def __init__(self, client: Any, address: str, needs: str) -> None:
        self.client, self.address, self.needs = client, address, needs

    def run(self, function: Callable[[Argument], Result], arguments: Sequence[Argument], tick: Tick | None = None,
            ) -> Generator[tuple[Argument, Result], None, None]:
        """See `Pool`."""
        futures = {self.client.submit(function, argument, pure=False): argument for argument in arguments}
        clock = Clock(tick)
        try:
            while futures:
                for future in [future for future in futures if future.done()]:
                    argument = futures.pop(future)
                    yield argument, self._result(future, argument)
                clock.wait()
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be what is gone
                self.client.cancel(list(futures), force=True)

    def _result(self, future: Any, argument: object) -> Any:
        if future.status != "finished":
            error = future.exception() if future.status == "error" else f"its task is {future.status}"
            if isinstance(error, InputError):
                raise error
            raise InputError(
                f"the Dask cluster at {self.address} failed on {argument} "
                f"({' '.join(str(error).split()) or type(error).__name__}); its workers need {self.needs}; the same "
                "command goes on where it ended")
        return future.result()


@contextlib.contextmanager
def connect(scheduler: str, jobs: int) -> Iterator[Any]:
    """Client of a Dask cluster.

    Parameters
    ----------
    scheduler : str
        Address of a Dask scheduler; ``local`` for a cluster of ``jobs`` workers on this machine, which ends with the
        context.

    Raises
    ------
    InputError
        If Dask is not installed or nothing answers at the address.
    """
    need(f"--scheduler {scheduler}", "cluster")
    from distributed import Client, LocalCluster
    from distributed.comm import resolve_address

    with contextlib.ExitStack() as stack:
        address = scheduler
        if scheduler == LOCAL:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="spinsc-", ignore_cleanup_errors=True))
            with interrupts_ignored():
                cluster = stack.enter_context(LocalCluster(
                    n_workers=jobs, threads_per_worker=1, processes=True, memory_limit=0,
                    dashboard_address="127.0.0.1:0", local_directory=scratch, silence_logs=logging.CRITICAL))
            address = cluster.scheduler_address
        try:
            resolve_address(address)  # a client that was given nonsense would complain once more at its end
            client = Client(address, timeout=CONNECTION_TIMEOUT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(f"no Dask scheduler answers at {scheduler} ({reason}); start one with 'dask scheduler', "
                             "or give --scheduler local") from None
        stack.enter_context(client)
        if not client.scheduler_info()["workers"]:
            raise InputError(f"the Dask scheduler at {scheduler} has no workers; start some with "
                             f"'dask worker {scheduler}'")
        yield client


@contextlib.contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Processes that are started meanwhile ignore Ctrl-C for good: this one ends them, without their tracebacks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Clock:
    """Calls ``tick`` a few times a second, and sleeps between polls."""

    def __init__(self, tick: Tick | None = None) -> None:
        self.tick, self.due = tick, time.monotonic()

    def look(self) -> None:
        """Call it if it is due."""
        if self.tick is not None and time.monotonic() >= self.due:
            self.tick()
            self.due = time.monotonic() + TICK_S

    def wait(self) -> None:
        """Until the next poll."""
        self.look()
        time.sleep(POLL_S)


def _start_worker(parent: int, jobs: int) -> None:
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // jobs))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_S)
        os._exit(1)

    # a parent that was killed would leave its workers running
    threading.Thread(target=watch, daemon=True).start()
